/// What a person should know before they trust the results, and what does not stop the work.
///
/// A warning is told in four places: on the terminal, in the summary at the top of the report, under the report's
/// "Validity", and in `provenance.json`. It is found before the run (`Dataset.warnings`, `Plan.warnings`) and kept with
/// it in the store, or found in the results themselves (`ExperimentResults.warnings`). What only matters to who looks
/// closely is a note (`Dataset.notes`): it stands under "Validity" and in `provenance.json`.
///
///     Warning("VGG16 has 40 outputs, but there are 39 class folders", remedy: "Name the classes in a file.")
public struct Warning: Sendable, Hashable, Codable {
  /// A sentence without its full stop. It names no file but images and class folders, since a report may be anonymous; what
  /// stands in backticks is set as code.
  public var message: String
  /// What to do about it, or how to find out: whole sentences.
  public var remedy: String?

  public init(_ message: String, remedy: String? = nil) {
    self.message = message
    self.remedy = remedy
  }

  /// For running text: "Message. Remedy."
  public var sentences: String { message + "." + (remedy.map { " " + $0 } ?? "") }
}

extension Warning: CustomStringConvertible {
  /// For the terminal: the remedy on a line of its own.
  public var description: String { visible(message) + (remedy.map { "\n  " + visible($0) } ?? "") }
}
