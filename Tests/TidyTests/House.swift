// Room:  TidyTests.
// Task:  the house as data: who stands where, who may import what. Change it with the design.

/// One room: a target under `Sources/`.
struct Room {
    let name: String
    let floor: Int
    /// Rooms, C libraries and package products that it may import.
    let arrows: Set<String>
    /// Modules of the system that it may import besides the standard library.
    var system: Set<String> = []
    /// No clock, socket, file, logging, or randomness of its own.
    var pure = false
}

enum House {
    static let rooms: [Room] = [
        Room(name: "Model", floor: 1, arrows: [], pure: true),
        Room(
            name: "Identity", floor: 1, arrows: ["COpenSSL"],
            system: ["Glibc", "Synchronization"]),
        Room(
            name: "EventLoop", floor: 1, arrows: ["CLibuv"],
            system: ["Glibc", "Synchronization"]),
        // SwiftProtobuf gives and takes `Data`.
        Room(
            name: "Wire", floor: 1, arrows: ["SwiftProtobuf"], system: ["FoundationEssentials"],
            pure: true),

        Room(name: "Codec", floor: 2, arrows: ["Model", "CZlib"], pure: true),
        Room(
            name: "Transport", floor: 2, arrows: ["EventLoop", "Identity", "Wire", "COpenSSL"],
            system: ["Glibc", "Synchronization"]),
        Room(
            name: "HTTP", floor: 2, arrows: ["EventLoop", "CMicrohttpd"],
            system: ["Glibc", "Synchronization"]),
        Room(name: "Learning", floor: 2, arrows: ["Model"], pure: true),
        Room(
            name: "Store", floor: 2, arrows: ["Model"], system: ["Glibc", "Synchronization"]),
        Room(name: "Federation", floor: 2, arrows: ["Identity", "Model", "TOMLKit"], pure: true),

        Room(name: "Gossip", floor: 3, arrows: ["Codec", "Model"], pure: true),
        Room(name: "Membership", floor: 3, arrows: ["Identity", "Federation"], pure: true),

        Room(name: "Peer", floor: 4, arrows: ["Gossip", "Membership", "Wire"], pure: true),

        Room(
            name: "Simulation", floor: 5,
            // Store's checkpoints, on a disk in memory that Simulation brings.
            arrows: [
                "Peer", "Learning", "Store", "Gossip", "Membership", "Codec", "Wire", "Model",
            ],
            pure: true),
        Room(
            name: "Daemon", floor: 5,
            arrows: [
                "Peer", "Transport", "HTTP", "Learning", "Store", "Gossip", "Membership",
                "Federation", "Codec", "Wire", "EventLoop", "Identity", "Model", "Logging",
            ],
            system: ["Glibc", "Synchronization", "FoundationEssentials"]),

        Room(
            name: "starling", floor: 6,
            arrows: [
                "Daemon", "Simulation", "Peer", "Gossip", "Membership", "Federation", "Learning",
                "Store", "Transport", "HTTP", "Codec", "Wire", "EventLoop", "Identity", "Model",
                "ArgumentParser", "Logging",
            ],
            system: ["Glibc", "Synchronization", "FoundationEssentials"]),
    ]

    /// C libraries, and the one or two rooms that may import each.
    static let libraries: [String: Set<String>] = [
        "CLibuv": ["EventLoop"],
        "CZlib": ["Codec"],
        "COpenSSL": ["Identity", "Transport"],
        "CMicrohttpd": ["HTTP"],
    ]

    /// What may lie at the top of the repository.
    static let topLevel: Set<String> = [
        ".ci", ".dockerignore", ".gitattributes", ".gitignore", ".swift-format", "CHANGELOG.md",
        "LICENSE",
        "Package.swift", "README.md", "Sources", "Tests", "config", "deploy", "reference",
    ]

    static func room(_ name: String) -> Room? { rooms.first { $0.name == name } }
}
