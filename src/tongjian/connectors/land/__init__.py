"""Land data of other registers: tables of sales and property, parcels in GeoJSON, CSDM surveys.

Every record is kept as received, with the fields that nobody here knows; the ledger gets its key,
its sum, its area and its day. Nothing becomes a title by being imported.
"""
