// swift-tools-version: 6.1
import PackageDescription

// Swift 6 language mode is the default of this tools version.
let strict: [SwiftSetting] = [.enableUpcomingFeature("ExistentialAny")]

func house(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
  .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

/// - Parameter data: folders of files that the tests read from where they lie.
func tests(_ name: String, _ dependencies: [Target.Dependency], data: [String] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, exclude: data, swiftSettings: strict)
}

let package = Package(
  name: "Heatdrift",
  products: [.executable(name: "heatdrift", targets: ["heatdrift"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(name: "CCairo", pkgConfig: "pangocairo", providers: [.apt(["libpango1.0-dev", "libcairo2-dev"])]),
    .systemLibrary(name: "CQPDF", pkgConfig: "libqpdf", providers: [.apt(["libqpdf-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CMarkdown", pkgConfig: "libcmark-gfm", providers: [.apt(["libcmark-gfm-dev"])]),
    .target(name: "COneDNN", linkerSettings: [.linkedLibrary("dnnl")]),
    .target(name: "COpenBLAS"),
    .target(name: "CArchive"),
    .target(name: "CProcessors"),
    // Optimised in debug builds too: they are nothing but loops.
    .target(name: "CLinear", dependencies: ["CProcessors"], cSettings: [.unsafeFlags(["-O3"])]),
    .target(name: "CMaps", dependencies: ["CProcessors"], cSettings: [.unsafeFlags(["-O3"])]),
    .target(name: "CRectifier", dependencies: ["CProcessors"], cSettings: [.unsafeFlags(["-O3"])]),

    house("Diagnostics", ["CProcessors"]),
    house("Hashing", ["Diagnostics", "CCrypto"]),
    house("Tensors", ["Diagnostics"]),
    house("Images", ["Diagnostics", "Tensors", "CPNG", "CTurboJPEG"]),
    house("Weights", ["Diagnostics", "Hashing", "Tensors"]),
    house("Networks", ["Diagnostics", "Tensors", "Weights", "COneDNN", "COpenBLAS", "CLinear", "CRectifier"]),
    house("Architectures", ["Diagnostics", "Tensors", "Weights", "Networks"]),
    house("Attacks", ["Diagnostics", "Tensors"]),
    house("Explanations", ["Diagnostics", "Tensors", "CMaps"]),
    house("Dissimilarity", ["Diagnostics", "Tensors", "CMaps"]),
    house(
      "Datasets", ["Diagnostics", "Images", "Hashing", "CArchive"],
      resources: [.embedInCode("Resources/orl-manifest.sha256")]),
    house("Results", ["Diagnostics", "Tensors", "Images", "Explanations", "Dissimilarity"]),
    house(
      "Experiments",
      [
        "Diagnostics", "Tensors", "Images", "Weights", "Networks", "Architectures", "Attacks", "Explanations",
        "Dissimilarity", "Datasets", "Results", "Yams", "Hashing", .product(name: "GRDB", package: "GRDB.swift"),
      ],
      resources: [
        "rgb-420.jpg", "rgb-progressive.jpg", "cmyk.jpg", "interlaced-rgba-16.png", "palette-4-transparent.png",
      ].map { .embedInCode("Resources/\($0)") }),
    house("Typesetting", ["Diagnostics", "CMarkdown"]),
    house("Figures", ["Diagnostics", "Images", "Explanations", "Results", "Typesetting", "CMaps"]),
    // The fonts of reports, as bytes.
    .target(name: "CFonts", exclude: ["Files", "Licences", "README.md"]),
    house("Rendering", ["Diagnostics", "Images", "Typesetting", "CCairo", "CFonts", "CQPDF", "CZlib"]),
    house("Notebooks", ["Diagnostics", "Images", "Explanations", "Results", "Typesetting", "Figures", "Yams"]),
    // A target of its own, so that a new commit compiles little.
    .plugin(name: "RecordCommit", capability: .buildTool()),
    .target(name: "BuildRecord", swiftSettings: strict, plugins: ["RecordCommit"]),
    .executableTarget(
      name: "heatdrift",
      dependencies: [
        "BuildRecord", "Diagnostics", "Tensors", "Images", "Weights", "Networks", "Architectures", "Dissimilarity",
        "Explanations",
        "Datasets", "Hashing", "Results", "Experiments", "Notebooks", "Rendering", "CCrypto", "CMarkdown", "CQPDF",
        "CZlib",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      resources: [.embedInCode("Resources/engine-golden.json")], swiftSettings: strict),

    // Called by Benchmarks/benchmark.py.
    .executableTarget(
      name: "pass-benchmark", dependencies: ["Architectures", "CLinear", "Networks", "Tensors", "Weights"],
      path: "Benchmarks/Passes", swiftSettings: strict),

    // Goldens and generated weights that several test targets read.
    .target(
      name: "GoldenSupport",
      dependencies: [
        "Diagnostics", "Tensors", "Weights", "Networks", "Architectures", "Attacks", "Explanations", "Dissimilarity",
      ], path: "Tests/GoldenSupport", swiftSettings: strict),
    tests("DiagnosticsTests", ["Diagnostics"]),
    tests("HashingTests", ["Hashing", "Diagnostics"]),
    tests("ImagesTests", ["Images", "Diagnostics", "Tensors"], data: ["Fixtures"]),
    tests("WeightsTests", ["Weights", "Diagnostics", "Hashing", "Tensors"], data: ["Fixtures"]),
    tests("NetworksTests", ["Networks", "CLinear", "Weights", "Diagnostics", "Tensors"]),
    tests(
      "ArchitecturesTests", ["Architectures", "GoldenSupport", "Networks", "Weights", "Diagnostics", "Tensors"],
      data: ["Goldens"]),
    tests("AttacksTests", ["Attacks", "Diagnostics", "Tensors"]),
    tests("ExplanationsTests", ["Explanations", "GoldenSupport", "Diagnostics", "Tensors"], data: ["Goldens"]),
    tests(
      "DissimilarityTests", ["Dissimilarity", "Explanations", "GoldenSupport", "Diagnostics", "Tensors"],
      data: ["Goldens"]),
    tests("DatasetsTests", ["Datasets", "Images", "Diagnostics", "Hashing"], data: ["Fixtures"]),
    tests("ResultsTests", ["Results", "Explanations", "Images", "Dissimilarity", "Diagnostics"]),
    tests(
      "ExperimentsTests",
      [
        "Experiments", "Architectures", "Datasets", "Dissimilarity", "Explanations", "GoldenSupport", "Hashing",
        "Images", "Networks", "Results", "Weights", "Attacks", "Diagnostics", "Tensors",
        .product(name: "GRDB", package: "GRDB.swift"),
      ]),
    tests("TypesettingTests", ["Typesetting", "Diagnostics"]),
    tests("FiguresTests", ["Figures", "Typesetting", "Results", "Images", "Explanations", "Diagnostics"]),
    tests("RenderingTests", ["Rendering", "Typesetting", "Images", "Hashing", "Diagnostics"], data: ["Fonts"]),
    tests(
      "NotebooksTests",
      ["Notebooks", "Figures", "Rendering", "Typesetting", "Results", "Images", "Explanations", "Diagnostics"],
      data: ["Goldens"]),
    // Damaged files of every kind: a few of each in the tests, many by Scripts/fuzz.sh.
    .target(
      name: "FuzzSupport",
      dependencies: [
        "Experiments", "Architectures", "Datasets", "Dissimilarity", "Explanations", "Hashing", "Images", "Networks",
        "Notebooks", "Rendering", "Results", "Weights", "Diagnostics", "Tensors", "Typesetting",
        .product(name: "GRDB", package: "GRDB.swift"),
      ], path: "Tests/FuzzSupport", swiftSettings: strict),
    .executableTarget(
      name: "fuzz",
      dependencies: ["FuzzSupport", "Rendering", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "Tests/Fuzz", swiftSettings: strict),
    tests("FuzzTests", ["FuzzSupport"]),
    tests(
      "CommandLineTests",
      ["heatdrift", "FuzzSupport", "Architectures", "Networks", "Weights", "Images", "Tensors", "Diagnostics"]),
    // Slow: the five networks at full size. Runs when HEATDRIFT_FULL_NETWORKS is set; see Scripts/test.sh.
    tests("FullNetworkTests", ["GoldenSupport", "Architectures", "Networks"], data: ["Goldens"]),
  ]
)
