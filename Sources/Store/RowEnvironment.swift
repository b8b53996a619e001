import Results
import Support

/// What computed a row: part of it is in the row's key, and the rest can change a last bit.
public struct RowEnvironment: Sendable, Hashable {
  /// Version of Heatdrift; nil in rows of stores of before it was noted.
  public var program: String?
  /// Of the measurement protocol; `KeyMaker.protocolVersion` at the time.
  public var protocolVersion: Int
  /// Revision of our own arithmetic; `KeyMaker.arithmeticRevision` at the time.
  public var arithmetic: Int
  /// "oneDNN 2.6.3"
  public var engine: String
  /// Nil where it was not noted.
  public var instructionSet: String?
  /// `DecoderRevision.current`
  public var decoders: String?

  /// That of a run of this program.
  public init(engine: String, instructionSet: String?, decoders: String?) {
    program = Heatdrift.version
    protocolVersion = KeyMaker.protocolVersion
    arithmetic = KeyMaker.arithmeticRevision
    self.engine = engine
    self.instructionSet = instructionSet
    self.decoders = decoders
  }

  /// As the store keeps it.
  package var text: String {
    func optional(_ name: String, _ value: String?) -> KeyMaker.Ingredients { value.map { [(name, $0)] } ?? [] }
    return ContentKey.text(
      of: optional("program", program) + [("protocol", String(protocolVersion)), ("arithmetic", String(arithmetic))]
        + [("engine", engine)] + optional("instruction-set", instructionSet) + optional("decoders", decoders))
  }

  init(text: String) {
    let values = Dictionary(ContentKey.ingredients(of: text).map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    program = values["program"]
    protocolVersion = values["protocol"].flatMap { Int($0) } ?? 1
    arithmetic = values["arithmetic"].flatMap { Int($0) } ?? 1
    engine = values["engine"] ?? ""
    instructionSet = values["instruction-set"]
    decoders = values["decoders"]
  }

  /// "Heatdrift 0.1.0, oneDNN 2.6.3, AVX-512"
  public var words: String {
    let version = program.map { "Heatdrift \($0)" } ?? "an earlier Heatdrift"
    let protocolText = protocolVersion == KeyMaker.protocolVersion ? [] : ["protocol \(protocolVersion)"]
    return ([version] + protocolText + [engine] + [instructionSet ?? "processor not noted"]).joined(separator: ", ")
  }
}
