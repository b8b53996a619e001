import Datasets
import Support

extension ExperimentReader {
  /// The keys of `data`. Which of them a source knows depends on the source: one that would be passed over in silence
  /// is an error.
  func readData(_ value: YAMLValue, experimentSeed: Int) throws(Problem) -> DataOptions {
    let common = ["source", "split", "split-seed", "limit"]
    let own: [DataOptions.Source: [String]] = [
      .folder: ["root", "classes", "follow-links"], .manifest: ["path", "root", "classes", "follow-links"],
      .orl: ["root"],
      .vggface2: ["root", "list", "subset", "align", "margin"],
    ]
    let every = common + ["root", "path", "classes", "list", "subset", "align", "margin", "follow-links"]
    let keys = try MappingReader(value, path: "data", known: every)
    let source = try keys.required("source", example: "source: folder").substituting(environment)
      .choice("data.source", of: DataOptions.Source.self)
    let known = common + (own[source] ?? [])
    for key in every where !known.contains(key) {
      guard let value = keys.optional(key) else { continue }
      throw .usage(
        at: value.place, "`data.\(key)` does not go with the source `\(source.rawValue)`",
        remedy: "Its keys are: " + known.map { "`\($0)`" }.joined(separator: ", ") + ".")
    }
    func file(_ key: String, required: String? = nil) throws(Problem) -> ExperimentPath? {
      if let value = keys.optional(key) { return try path(value, "data.\(key)") }
      if let required { _ = try keys.required(key, example: required) }
      return nil
    }
    return DataOptions(
      source: source,
      root: try file(
        "root",
        required: source == .folder ? "root: ../faces" : source == .vggface2 ? "root: ${VGGFACE2}" : nil),
      path: try file("path", required: source == .manifest ? "path: images.csv" : nil),
      classes: try file("classes"), list: try file("list"), faces: source == .vggface2 ? try readFaces(keys) : nil,
      split: try keys.read(
        "split", default: source == .folder || source == .manifest ? .all : .test
      ) { value, name throws(Problem) in
        try value.substituting(environment).choice(name, of: Split.self)
      },
      splitSeed: try keys.read("split-seed", default: experimentSeed) { value, name throws(Problem) in
        try value.substituting(environment).integer(name, in: 0...Int.max)
      },
      limit: try keys.read("limit", default: nil) { value, name throws(Problem) in
        try value.substituting(environment).integer(name, in: 1...Int.max)
      },
      followsLinks: try keys.read("follow-links", default: false) { value, name throws(Problem) in
        try value.substituting(environment).answer(name)
      })
  }

  private func readFaces(_ keys: MappingReader) throws(Problem) -> VGGFace2Options {
    var options = VGGFace2Options()
    options.subset = try keys.read("subset", default: options.subset) { value, name throws(Problem) in
      try value.substituting(environment).choice(name, of: VGGFace2Options.Subset.self)
    }
    options.align = try keys.read("align", default: options.align) { value, name throws(Problem) in
      try value.substituting(environment).choice(name, of: VGGFace2Options.Align.self)
    }
    if options.align != .box, let value = keys.optional("margin") {
      throw .usage(
        at: value.place, "`data.margin` goes with `align: box` only, found `align: \(options.align.rawValue)`",
        remedy: "Leave it out.")
    }
    options.margin = try keys.read("margin", default: options.margin) { value, name throws(Problem) in
      try value.substituting(environment).number(name, in: "[0, 2]") { $0 >= 0 && $0 <= 2 }
    }
    return options
  }
}
