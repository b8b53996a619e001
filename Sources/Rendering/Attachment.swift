import CZlib
import Support

/// A file carried inside a report.
public struct Attachment: Sendable, Hashable {
  /// What the file is to the report, in PDF's terms.
  public enum Relationship: String, Sendable, Hashable {
    /// What the report was made from.
    case source = "Source"
    /// What its figures and tables show.
    case data = "Data"
    case supplement = "Supplement"
  }

  /// A plain file name: no folder, at most 200 bytes.
  public var name: String
  /// "text/csv"
  public var mediaType: String
  /// Written as the file's `AFRelationship` (ISO 32000-2, section 7.11.3).
  public var relationship: Relationship
  /// What viewers show beside the name.
  public var description: String
  /// Not packed. Setting them forgets what `pack()` did.
  public var bytes: [UInt8] {
    didSet { packed = nil }
  }
  /// The bytes as zlib packs them; nil leaves that to the writing of the report.
  private(set) var packed: [UInt8]?

  public init(name: String, mediaType: String, relationship: Relationship, description: String, bytes: [UInt8]) {
    self.name = name
    self.mediaType = mediaType
    self.relationship = relationship
    self.description = description
    self.bytes = bytes
  }

  /// Packs the bytes now, on this thread, so that the report need not wait for it.
  /// - Throws: `Problem` of kind `.failure` when no memory is left.
  public mutating func pack() throws(Problem) {
    var count = compressBound(UInt(bytes.count))
    var result = [UInt8](repeating: 0, count: Int(count))
    let status = unsafe compress2(&result, &count, bytes, UInt(bytes.count), Z_DEFAULT_COMPRESSION)
    guard status == Z_OK else {
      throw .failure("zlib could not pack \(name) of \(bytes.count) bytes: no memory left")
    }
    packed = Array(result.prefix(Int(count)))
  }

  /// The files that a report carries, in the order of their names. The report may come from a stranger: names that are
  /// no plain file names are refused, for they would be written elsewhere than into the chosen folder.
  ///
  /// The sum of what comes out is limited, not what libqpdf takes on the way, nor its time: a thousand bytes can be packed
  /// into one, and that again, also in streams that hold no attachment. A stranger's report is read in a process of its
  /// own, under `MemoryLimit` (`heatdrift extract`).
  /// - Parameters:
  ///   - bytes: a PDF of any origin.
  ///   - file: for errors.
  /// - Throws: `Problem` when the PDF is damaged, has two attachments of one name, a name that is no file name, or
  ///   unpacks to more than `mostBytes(inPDFOf:)`.
  public static func all(inPDF bytes: [UInt8], file: String) throws(Problem) -> [Attachment] {
    try read(bytes, file: file, limit: mostBytes(inPDFOf: bytes.count))
  }

  /// All attachments of a report together, in bytes: 64 MiB, or 50 times the report's size where that is more; at most
  /// 1 GiB. Tables of results are packed to a tenth or so.
  public static func mostBytes(inPDFOf size: Int) -> Int { min(1 << 30, max(64 << 20, 50 * min(size, 1 << 30))) }

  private static func read(_ bytes: [UInt8], file: String, limit: Int) throws(Problem) -> [Attachment] {
    let document = try QPDFDocument(bytes, file: file)
    var found: [Attachment] = []
    if let names = document.value(document.root, "/Names"), let tree = document.value(names, "/EmbeddedFiles") {
      var reader = AttachmentReader(document: document, file: file, limit: limit)
      try reader.read(tree, depth: 0)
      found = reader.found
    }
    try document.check("the attachments cannot be read")
    return found.sorted { $0.name < $1.name }
  }

  /// Whether a name stays in the folder that it is put in, on every file system in use.
  public static func isPlain(_ name: String) -> Bool {
    guard !name.isEmpty, name.utf8.count <= 200, !name.hasPrefix(".") else { return false }
    return name.unicodeScalars.allSatisfy {
      $0.value >= 32 && $0.value != 127 && !"/\\:*?\"<>|".unicodeScalars.contains($0)
    }
  }
}

/// Walks a name tree of embedded files.
private struct AttachmentReader {
  let document: QPDFDocument
  let file: String
  var found: [Attachment] = []
  private var visited: Set<[Int32]> = []
  private let limit: Int
  private var byteCount = 0

  init(document: QPDFDocument, file: String, limit: Int) {
    self.document = document
    self.file = file
    self.limit = limit
  }

  mutating func read(_ node: QPDFDocument.Object, depth: Int) throws(Problem) {
    // A tree that leads back into itself has no end.
    if let identity = document.identity(node), !visited.insert(identity).inserted { throw problem("lead in a circle") }
    guard depth < 16 else { throw problem("are nested deeper than 16 levels") }
    if let names = document.value(node, "/Names") {
      for (index, item) in document.items(names).enumerated() where index % 2 == 1 { try readFile(item) }
    }
    if let children = document.value(node, "/Kids") {
      for child in document.items(children) { try read(child, depth: depth + 1) }
    }
  }

  private mutating func readFile(_ entry: QPDFDocument.Object) throws(Problem) {
    guard let files = document.value(entry, "/EF"),
      let stream = document.value(files, "/UF") ?? document.value(files, "/F"), document.isStream(stream),
      let name = (document.value(entry, "/UF") ?? document.value(entry, "/F")).flatMap({ document.text($0) })
    else { throw problem("are incomplete: one has no name or no content") }
    guard Attachment.isPlain(name) else {
      throw problem("are not taken out: \(String(reflecting: String(name.prefix(80)))) is no plain file name")
    }
    guard !found.contains(where: { $0.name.lowercased() == name.lowercased() }) else {
      throw problem("are not taken out: two are called \(name)")
    }
    let bytes = try document.bytes(of: stream, atMost: limit - byteCount)
    byteCount += bytes.count
    let relationship = document.value(entry, "/AFRelationship").flatMap { document.name($0) }?.dropFirst()
    found.append(
      Attachment(
        name: name, mediaType: "application/octet-stream",
        relationship: relationship.flatMap { .init(rawValue: String($0)) } ?? .supplement,
        description: document.value(entry, "/Desc").flatMap { document.text($0) } ?? "",
        bytes: bytes))
  }

  private func problem(_ text: String) -> Problem {
    .failure(
      at: Place(file: file), "the attachments \(text)",
      remedy: "Heatdrift did not make this file, or somebody changed it; `qpdf --list-attachments` shows what it has.")
  }
}
