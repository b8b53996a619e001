import Support

/// VGGFace2 (Q. Cao et al., FG 2018) as it is distributed.
public struct VGGFace2Source: DataSource {
  public static let key = "vggface2"
  public static let help = "VGGFace2 as distributed: train/, test/, bb_landmark/."
  public static let title: String? = "the faces of VGGFace2"
  public static let references = [
    Publication(
      "Q. Cao, L. Shen, W. Xie, O. M. Parkhi, A. Zisserman",
      "VGGFace2: A Dataset for Recognising Faces across Pose and Age",
      "IEEE International Conference on Automatic Face and Gesture Recognition (FG), 67–74", 2018,
      "doi:10.1109/FG.2018.00020")
  ]
  public static let standardSplit = Split.test
  public static let options: [DeclaredOption<VGGFace2Source>] = [
    DeclaredOption(
      "root", \.root, OptionKind.path.optional(), required: "root: ${VGGFACE2}",
      help: "What holds train/, test/ and bb_landmark/."),
    DeclaredOption(
      "list", \.list, OptionKind.path.optional(), standard: "all images", example: "list: test_list.txt",
      help: "Passes over images outside of it."),
    DeclaredOption("subset", \.faces.subset, .choice, help: "The dataset's own part; other identities in each."),
    DeclaredOption("align", \.faces.align, .choice, help: "How the face is cut out of the picture."),
    DeclaredOption(
      "margin", \.faces.margin, .number(in: .closed(0, 2)), standard: "0.15", isRelevant: { $0.faces.align == .box },
      help: "Of `align: box`: what is added on every side, as a share of its width and height."),
  ]

  /// Holds train/, test/ and bb_landmark/. The option is required; `open` throws where it is nil.
  public var root: ExperimentPath?
  /// One of the distributed lists, to which images are limited; nil for all of the folder.
  public var list: ExperimentPath?
  /// Subset, alignment and the margin of boxes.
  public var faces = VGGFace2Options()

  public init() {}

  public func check(_ keys: MappingReader) throws(Problem) {
    if faces.align != .box, let value = keys.optional("margin") {
      throw .usage(
        at: value.place, "`\(keys.name("margin"))` goes with `align: box` only, found `align: \(faces.align.rawValue)`",
        remedy: "Leave it out.")
    }
  }

  public var folders: [String] {
    VGGFace2Options.Subset.allCases.compactMap { part in root.map { "\($0.resolved)/\(part.rawValue)" } }
  }

  public func open(_ selection: DataSelection) throws(Problem) -> Dataset {
    guard let root else { throw .usage("`data.root` is missing") }
    return try Dataset.vggface2(
      root.url(isFolder: true), options: faces, list: list?.url(isFolder: false), split: selection.split,
      seed: selection.seed, limit: selection.limit)
  }

  /// Chosen while the folders were listed.
  public func select(_ selection: DataSelection, from dataset: Dataset) throws(Problem) -> Dataset { dataset }
}
