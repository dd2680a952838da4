"""The deterministic kernel: records, handlers, permissions, trees and the state machine."""
