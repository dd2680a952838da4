"""An invented city: seeded identities, firms and days of business for demonstrations and tests."""
