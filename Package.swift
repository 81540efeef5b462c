// swift-tools-version: 6.1
import PackageDescription

// Release builds are made by deploy/build, which links the Swift runtime statically.
//
// The house of the design: a target imports only from floors below, and only along the arrows
// written here. Tests/TidyTests holds every file's imports against these lists.

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let toml = Target.Dependency.product(name: "TOMLKit", package: "TOMLKit")

/// A room of ours: its name, and the rooms and packages that it may import.
func room(
    _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
    .target(name: name, dependencies: dependencies, exclude: ["README.md"] + exclude)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude)
}

let package = Package(
    name: "starling",
    products: [.executable(name: "starling", targets: ["starling"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: [
        // The four C libraries, each a system module.
        .systemLibrary(name: "CLibuv", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CMicrohttpd", pkgConfig: "libmicrohttpd",
            providers: [.apt(["libmicrohttpd-dev"])]),

        // Floor 1.
        room("Model"),
        room("Identity", ["COpenSSL"]),
        room("EventLoop", ["CLibuv"]),
        room("Wire", [protobuf], exclude: ["starling.proto", "saved.proto"]),

        // Floor 2.
        room("Codec", ["Model", "CZlib"]),
        room("Transport", ["EventLoop", "Identity", "Wire", "COpenSSL"]),
        room("HTTP", ["EventLoop", "CMicrohttpd"]),
        room("Learning", ["Model"]),
        room("Store", ["Model"]),
        room("Federation", ["Identity", "Model", toml]),

        // Floor 3, pure.
        room("Gossip", ["Codec", "Model"]),
        room(
            "Membership", ["Identity", "Federation"],
            exclude: ["Roster/README.md", "Directory/README.md"]),

        // Floor 4, pure.
        room("Peer", ["Gossip", "Membership", "Wire"]),

        // Floor 5.
        room(
            "Simulation",
            ["Peer", "Learning", "Store", "Gossip", "Membership", "Codec", "Wire", "Model"]),
        room(
            "Daemon",
            [
                "Peer", "Transport", "HTTP", "Learning", "Store", "Gossip", "Membership",
                "Federation", "Codec", "Wire", "EventLoop", "Identity", "Model", logging,
            ]),

        // Floor 6.
        .executableTarget(
            name: "starling",
            dependencies: [
                "Daemon", "Simulation", "Peer", "Gossip", "Membership", "Federation", "Learning",
                "Store", "Transport", "HTTP", "Codec", "Wire", "EventLoop", "Identity", "Model",
                argumentParser, logging,
            ],
            exclude: [
                "README.md", "Demo/README.md", "Simulate/README.md", "Top/README.md",
                "Doctor/README.md",
            ]),

        // One test target a room; then the house as a whole.
        tests("ModelTests", ["Model"]),
        tests("IdentityTests", ["Identity"]),
        tests("FederationTests", ["Federation", "Identity", "Model"]),
        tests("EventLoopTests", ["EventLoop"]),
        tests("WireTests", ["Wire"]),
        tests("TransportTests", ["Transport", "EventLoop", "Identity", "Wire"]),
        tests("HTTPTests", ["HTTP", "EventLoop"]),
        tests("CodecTests", ["Codec", "Model"], exclude: ["second_decoder.py"]),
        tests("LearningTests", ["Learning", "Model"]),
        tests("StoreTests", ["Store"]),
        tests("GossipTests", ["Gossip", "Codec", "Model"], exclude: ["make_vectors.py"]),
        tests("MembershipTests", ["Membership", "Federation", "Identity", "Model"]),
        tests(
            "PeerTests",
            ["Peer", "Gossip", "Membership", "Federation", "Identity", "Wire", "Codec", "Model"]),
        tests(
            "SimulationTests",
            [
                "Simulation", "Peer", "Learning", "Store", "Gossip", "Membership", "Codec", "Model",
            ]),
        tests(
            "DaemonTests",
            [
                "Daemon", "Federation", "Identity", "Model", "Learning", "Gossip", "HTTP",
                "Membership", "Store", "Codec",
            ]),
        tests("StarlingTests", ["starling", "Daemon"]),
        tests("EndToEndTests", []),
        tests("TidyTests", []),
    ],
    swiftLanguageModes: [.v6]
)
