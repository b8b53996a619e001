import Support

/// The ORL faces (F. Samaria, A. Harter, WACV 1994), fetched once into the user's cache.
public struct ORLSource: DataSource {
  public static let key = "orl"
  public static let help = "The ORL faces: 40 people, 10 photographs of each."
  public static let title: String? = "the faces of the Olivetti Research Laboratory (ORL)"
  public static let references = [
    Publication(
      "F. S. Samaria, A. C. Harter",
      "Parameterisation of a Stochastic Model for Human Face Identification",
      "IEEE Workshop on Applications of Computer Vision, 138–142", 1994, "doi:10.1109/ACV.1994.341300")
  ]
  public static let standardSplit = Split.test
  public static let options: [DeclaredOption<ORLSource>] = [
    DeclaredOption(
      "root", \.root, OptionKind.path.optional(), standard: "the user's cache, into which they are fetched once",
      example: "root: orl", help: "A folder that has the ORL faces.")
  ]

  /// A folder with s1 to s40, which is never written to; nil for the user's cache.
  public var root: ExperimentPath?

  public init() {}

  public var folders: [String] { [root?.resolved ?? Dataset.defaultORLCache.path] }

  public func open(_ selection: DataSelection) throws(Problem) -> Dataset {
    try Dataset.orl(cache: root?.url(isFolder: true))
  }
}
