// swift-tools-version: 6.2
import PackageDescription

// Swift 6 language mode is the default of this tools version.
let plain: [SwiftSetting] = [.enableUpcomingFeature("ExistentialAny")]

// Strict memory safety, of all that is shipped: what the compiler cannot check says `unsafe`, so that
// `grep -rw unsafe Sources` is the audit; `Scripts/check-unsafe.py` holds each target to its count.
let strict: [SwiftSetting] =
  plain + [.strictMemorySafety(), .treatWarning("StrictMemorySafety", as: .error)]

// For what declares memory that is lent: without `@_lifetime` a type that cannot be kept can hold no `Span`, nor be returned,
// and every loan of two pieces of memory would be a closure within a closure. Whoever only uses such types needs no feature.
let lending: [SwiftSetting] = strict + [.enableExperimentalFeature("Lifetimes")]

func house(
  _ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = strict
) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// - Parameter data: folders of files that the tests read from where they lie.
func tests(_ name: String, _ dependencies: [Target.Dependency], data: [String] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, exclude: data, swiftSettings: plain)
}

let package = Package(
  name: "Heatdrift",
  products: [.executable(name: "heatdrift", targets: ["heatdrift"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
  ],
  targets: [
    .systemLibrary(name: "CCairo", pkgConfig: "pangocairo", providers: [.apt(["libpango1.0-dev", "libcairo2-dev"])]),
    .systemLibrary(name: "CQPDF", pkgConfig: "libqpdf", providers: [.apt(["libqpdf-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CMarkdown", pkgConfig: "libcmark-gfm", providers: [.apt(["libcmark-gfm-dev"])]),
    // Over libjpeg, which comes with libqpdf's headers.
    .target(name: "CJPEG", linkerSettings: [.linkedLibrary("jpeg")]),
    .target(name: "COneDNN", linkerSettings: [.linkedLibrary("dnnl")]),
    .target(name: "COpenBLAS"),
    .target(name: "CArchive"),
    .target(name: "CProcessors"),
    // Small files, as bytes.
    .target(name: "CResources", exclude: ["Files"]),
    // Optimised in debug builds too: they are nothing but loops.
    .target(name: "CLinear", dependencies: ["CProcessors"], cSettings: [.unsafeFlags(["-O3"])]),
    .target(name: "CConvolutions", dependencies: ["CProcessors"], cSettings: [.unsafeFlags(["-O3"])]),
    .target(name: "CElements", dependencies: ["CProcessors"], cSettings: [.unsafeFlags(["-O3"])]),
    .target(name: "CMaps", dependencies: ["CProcessors"], cSettings: [.unsafeFlags(["-O3"])]),
    .target(name: "CDraws", dependencies: ["CProcessors"], cSettings: [.unsafeFlags(["-O3"])]),
    .target(name: "CRectifier", dependencies: ["CProcessors"], cSettings: [.unsafeFlags(["-O3"])]),

    house("Support", ["CProcessors", "CResources", "CCrypto", "Yams"], settings: lending),
    house("Tensors", ["Support"], settings: lending),
    house("Images", ["Support", "Tensors", "CPNG", "CTurboJPEG", "CJPEG"]),
    house("Weights", ["Support", "Tensors"]),
    house("Graphs", ["Support", "Tensors", "Images", "Weights", "CElements", "CRectifier"], settings: lending),
    house("ONNX", ["Support", "Tensors", "Weights", "Graphs"]),
    house(
      "EngineOneDNN", ["Support", "Tensors", "Weights", "Graphs", "COneDNN", "CLinear", "CConvolutions"],
      settings: lending),
    house("EngineOpenBLAS", ["Support", "Tensors", "Weights", "Graphs", "COpenBLAS"]),
    house("Engines", ["Support", "Tensors", "Graphs", "EngineOneDNN", "EngineOpenBLAS"]),
    house("Architectures", ["Support", "Tensors", "Images", "Weights", "Graphs"]),
    house("Attacks", ["Support", "Tensors"]),
    house("Explanations", ["Support", "Tensors", "CMaps"]),
    house("Measures", ["Support", "Tensors", "Explanations", "CMaps"]),
    house("Datasets", ["Support", "Images", "CArchive"]),
    house("Results", ["Support", "Tensors", "Images", "Attacks", "Explanations", "Measures", "CDraws"]),
    house("Maps", ["Support", "Tensors", "Images", "Weights", "Attacks", "Explanations", "Results"]),
    house(
      "ExperimentFile",
      [
        "Support", "Tensors", "Images", "Weights", "Graphs", "Architectures", "Attacks", "Explanations", "Measures",
        "Datasets", "Results", "ONNX", "Yams",
      ]),
    house(
      "Store",
      [
        "Support", "Tensors", "Images", "Weights", "Attacks", "Explanations", "Measures", "Datasets", "Results",
        "ExperimentFile", .product(name: "GRDB", package: "GRDB.swift"),
      ]),
    house(
      "Measuring",
      [
        "Support", "Tensors", "Images", "Weights", "Graphs", "ONNX", "Engines", "Architectures", "Attacks",
        "Explanations", "Measures", "Datasets", "Results", "Maps", "ExperimentFile", "Store",
      ]),
    house("Typesetting", ["Support", "CMarkdown"]),
    house("Figures", ["Support", "Images", "Explanations", "Results", "Typesetting", "CMaps"]),
    // The fonts of reports, as bytes.
    .target(name: "CFonts", exclude: ["Files", "Licences", "README.md"]),
    house("Rendering", ["Support", "Images", "Typesetting", "CCairo", "CFonts", "CQPDF", "CZlib"]),
    house(
      "Notebooks",
      [
        "Support", "Images", "Architectures", "Attacks", "Explanations", "Measures", "Datasets", "Results",
        "Typesetting",
        "Figures",
      ]),
    // Reports for browsers, beside the pages.
    house("HTML", ["Support", "Typesetting", "Rendering", "CResources"]),
    // A server for one reader, who writes.
    house("Watching", ["Support", .product(name: "FlyingFox", package: "FlyingFox")]),
    house("Cluster", ["Support"]),
    // A target of its own, so that a new commit compiles little.
    .plugin(name: "RecordCommit", capability: .buildTool()),
    .target(name: "BuildRecord", swiftSettings: strict, plugins: ["RecordCommit"]),
    .executableTarget(
      name: "heatdrift",
      dependencies: [
        "BuildRecord", "Cluster", "Support", "Tensors", "Images", "Weights", "Graphs", "ONNX", "Engines",
        "Architectures", "Attacks", "Measures", "Explanations", "Figures",
        "Datasets", "Results", "Maps", "ExperimentFile", "Store", "Measuring", "Notebooks", "Rendering", "HTML",
        "Watching",
        "CCrypto", "CMarkdown",
        "CQPDF",
        "CZlib",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: strict),

    // Called by Benchmarks/benchmark.py.
    .executableTarget(
      name: "pass-benchmark",
      dependencies: [
        "Architectures", "CConvolutions", "CLinear", "Engines", "Explanations", "Graphs", "Measures", "Support",
        "Tensors", "Weights",
      ],
      path: "Benchmarks/Passes", swiftSettings: strict),
    // Called by Benchmarks/scale.py.
    .executableTarget(
      name: "store-benchmark",
      dependencies: [
        "Engines", "ExperimentFile", "Explanations", "Store", "Measuring", "Graphs", "Results", "Support",
      ],
      path: "Benchmarks/Store",
      swiftSettings: strict),

    // Goldens, generated weights and folders that several test targets use.
    .target(
      name: "GoldenSupport",
      dependencies: [
        "Support", "Tensors", "Weights", "Graphs", "Architectures", "Attacks", "Explanations", "Measures",
      ], path: "Tests/GoldenSupport", swiftSettings: plain),
    tests("SupportTests", ["Support"]),
    tests("ImagesTests", ["Images", "Support", "Tensors"], data: ["Fixtures"]),
    tests("WeightsTests", ["Weights", "Support", "Tensors"], data: ["Fixtures"]),
    tests(
      "ONNXTests",
      [
        "ONNX", "GoldenSupport", "Explanations", "Graphs", "Engines", "Images", "EngineConformance", "Weights",
        "Support", "Tensors",
      ], data: ["Goldens"]),
    tests("GraphsTests", ["Graphs", "EngineConformance", "Images", "Weights", "Support", "Tensors"]),
    // What every engine must pass.
    .target(
      name: "EngineConformance",
      dependencies: ["Support", "Tensors", "Images", "Weights", "Graphs", "Architectures", "GoldenSupport"],
      path: "Tests/EngineConformance", swiftSettings: plain),
    tests("EngineConformanceTests", ["EngineConformance", "Engines", "Graphs", "Support", "Tensors"]),
    tests(
      "EngineOneDNNTests",
      [
        "EngineOneDNN", "EngineOpenBLAS", "EngineConformance", "CLinear", "CConvolutions", "Graphs", "Images",
        "Support", "Tensors",
      ]),
    tests("EngineOpenBLASTests", ["EngineOpenBLAS", "Support", "Tensors"]),
    tests(
      "ArchitecturesTests",
      ["Architectures", "GoldenSupport", "Engines", "Graphs", "Images", "Weights", "Support", "Tensors"],
      data: ["Goldens"]),
    tests("AttacksTests", ["Attacks", "GoldenSupport", "Support", "Tensors"], data: ["Goldens"]),
    tests("ExplanationsTests", ["Explanations", "GoldenSupport", "Support", "Tensors"], data: ["Goldens"]),
    tests(
      "MeasuresTests", ["Measures", "Explanations", "Results", "GoldenSupport", "Support", "Tensors"],
      data: ["Goldens"]),
    tests("DatasetsTests", ["Datasets", "Images", "Support"], data: ["Fixtures"]),
    tests(
      "ResultsTests", ["Results", "Explanations", "GoldenSupport", "Images", "Measures", "Support"], data: ["Goldens"]),
    tests("MapsTests", ["Maps", "GoldenSupport", "Images", "Results", "Support"]),
    tests(
      "ExperimentFileTests",
      [
        "ExperimentFile", "GoldenSupport", "Architectures", "Attacks", "Datasets", "Images", "Measures", "ONNX",
        "Explanations", "Results", "Support",
      ]),
    // The store's too: what is in one comes of runs.
    tests(
      "MeasuringTests",
      [
        "ExperimentFile", "Store", "Measuring", "Architectures", "Datasets", "Measures", "Explanations",
        "GoldenSupport", "Images", "EngineOpenBLAS", "Engines", "Graphs", "ONNX", "Results", "Weights", "Attacks",
        "Support", "Tensors", .product(name: "GRDB", package: "GRDB.swift"),
      ], data: ["Fixtures", "Goldens"]),
    // A toy of each kind of member, a file each.
    tests(
      "NewMembersTests",
      [
        "Architectures", "Attacks", "Datasets", "ExperimentFile", "Store", "Measuring", "Explanations", "Images",
        "Measures", "Engines",
        "Graphs", "Notebooks", "Results", "Support", "Tensors", "Typesetting", "Weights",
      ]),
    tests("ClusterTests", ["Cluster", "Support"]),
    tests("TypesettingTests", ["Typesetting", "Support"]),
    tests("FiguresTests", ["Figures", "Typesetting", "Results", "Images", "Explanations", "Support"]),
    tests("RenderingTests", ["Rendering", "Typesetting", "Images", "Support"], data: ["Fonts"]),
    tests("HTMLTests", ["HTML", "Rendering", "Typesetting", "Support"]),
    tests("WatchingTests", ["Watching", "Support"]),
    tests(
      "NotebooksTests",
      [
        "Notebooks", "Figures", "Rendering", "Typesetting", "Results", "Images", "Attacks", "Explanations", "Measures",
        "Support", "Tensors",
      ],
      data: ["Goldens"]),
    // Damaged files of every kind: a few of each in the tests, many by Scripts/fuzz.sh.
    .target(
      name: "FuzzSupport",
      dependencies: [
        "ExperimentFile", "Store", "Measuring", "Architectures", "Datasets", "EngineOpenBLAS", "Measures",
        "Explanations", "Images", "Graphs", "Maps",
        "Notebooks", "ONNX", "Rendering", "Results", "Weights", "Support", "Tensors", "Typesetting",
        .product(name: "GRDB", package: "GRDB.swift"),
      ], path: "Tests/FuzzSupport", swiftSettings: plain),
    .executableTarget(
      name: "fuzz",
      dependencies: ["FuzzSupport", "Rendering", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "Tests/Fuzz", swiftSettings: plain),
    tests("FuzzTests", ["FuzzSupport"]),
    // What the engines make of ONNX files, for other tools to compare; called by Scripts/check-onnx.sh.
    .executableTarget(
      name: "onnx-check",
      dependencies: [
        "ONNX", "Engines", "Explanations", "Graphs", "Images", "Support", "Tensors", "Weights",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Tests/ONNXCheck", swiftSettings: plain),
    tests(
      "CommandLineTests",
      ["heatdrift", "FuzzSupport", "Measuring", "Architectures", "Graphs", "Weights", "Images", "Tensors", "Support"],
      data: ["Networks", "Maps"]),
    // Slow: the five networks at full size. Runs when HEATDRIFT_FULL_NETWORKS is set; see Scripts/test.sh.
    tests("FullNetworkTests", ["GoldenSupport", "Architectures", "Engines", "Graphs"], data: ["Goldens"]),
  ]
)
