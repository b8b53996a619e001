/// A cell as a template would have it, for the documentation and its pictures.
public struct CellExample: Sendable, Hashable {
  /// Of the picture's file, without its ending.
  public let name: String
  /// What it shows that the others do not.
  public let words: String
  /// The options, a line each.
  public let yaml: String
  /// What of the template stands before the cell.
  public let before: String
  /// Photographs and heatmaps, which JPEG keeps small; otherwise lines and letters.
  public let showsPhotographs: Bool

  public init(
    _ name: String, _ words: String, _ yaml: String = "", before: String = "", showsPhotographs: Bool = false
  ) {
    self.before = before
    self.name = name
    self.words = words
    self.yaml = yaml
    self.showsPhotographs = showsPhotographs
  }

  /// One that shows photographs and heatmaps.
  static func photographs(_ name: String, _ words: String, _ yaml: String) -> CellExample {
    CellExample(name, words, yaml, showsPhotographs: true)
  }

  /// `pictures/scatter.png`
  public var picture: String { "pictures/\(name).\(showsPhotographs ? "jpg" : "png")" }

  /// The cell's fence, with what it needs before it.
  public func source(of cell: any Cell.Type) -> String {
    before + "```{\(cell.key)}\n" + (yaml.isEmpty ? "" : yaml + "\n") + "```\n"
  }
}
