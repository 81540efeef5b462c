// Room:  Daemon (floor 5).
// Task:  lets the errors of rooms that may not import Model stand as `Fault`s.
// May:   EventLoop, HTTP, Identity, Membership, Model, Transport, Wire.
// Proof: Tests/DaemonTests/ConfigurationTests.swift

import EventLoop
import HTTP
import Identity
import Membership
import Model
import Transport
import Wire

// These have the four properties already; only the name is missing.
extension IdentityError: Fault {}
extension NodeIDError: Fault {}
extension EventLoopError: Fault {}
extension TransportError: Fault {}
extension WireError: Fault {}
extension HTTPError: Fault {}
extension RosterError: Fault {}
