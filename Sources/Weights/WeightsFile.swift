import Foundation
import Support
import Tensors

/// A weights file of any format that can be read, told by its content and not by its name: one of its dictionaries of
/// tensors, and in it the tensors behind a prefix.
///
///     let file = try WeightsFile.open("resnet50.pth")
///     file.shape(of: "conv1.weight")               // 64x3x7x7
///     let weight = try file.values("conv1.weight")
///
/// A PyTorch file is read without running anything of it: see `PickleGlobal` for the few names that its pickle may use.
public final class WeightsFile: NamedTensors {
  /// What the file is by its content: each is declared beside its reader.
  public struct Format: Sendable, Hashable, CustomStringConvertible {
    /// As `weights inspect` calls it.
    public let description: String

    /// - Parameter description: as `weights inspect` calls it.
    init(_ description: String) { self.description = description }
  }

  /// As it was given; of shards that of their index.
  public let path: String
  /// Which of the file's dictionaries this is, from 0 up.
  public let dictionary: Int
  /// What is left off in front of all names: "backbone.". Names without it are `outside`.
  public let prefix: String
  /// In the order of the file, without wrappers and prefix; those of tensors that cannot be read among them.
  public let tensorNames: [String]
  /// The dictionary's names that do not begin with the prefix, without wrappers.
  public let outside: [String]
  /// The parts of names that were left off: wrappers, and at last the prefix.
  public let droppedPrefixes: [String]
  private let layout: Layout
  /// The file's own names by those of `tensorNames`.
  private let storedNames: [String: String]

  /// What messages call such a file.
  static let kind = "weights file"

  /// What stands in a name for something around a part of a network, and not for a part itself: `DataParallel`,
  /// `torch.compile`, FSDP, checkpointing of activations, Lightning Fabric.
  public static let wrappers = [
    "module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module",
  ]

  /// Opens a file, checks its description of every tensor, and reads no value yet. Of several dictionaries the one under
  /// a well-known key is taken, or else the first: `selecting` takes another.
  /// - Throws: `Problem.usage` for a missing file, one of a foreign format or a pickle without tensors, `.failure` for a
  ///   damaged one, `.changed` for one that changes while it is read.
  public static func open(_ path: String, for purpose: HeldFile.Purpose = .reading) throws(Problem) -> WeightsFile {
    let layout = Layout(try contents(path, for: purpose))
    let dictionary = layout.contents.preferred ?? 0
    // What a class that holds a network calls it, where everything is in it.
    var prefix = ""
    let names = layout.names[dictionary]
    while !names.isEmpty, names.allSatisfy({ $0.name.hasPrefix(prefix + "model.") }) { prefix += "model." }
    return WeightsFile(layout, path: path, dictionary: dictionary, prefix: prefix, isWrapped: false, except: [])
  }

  /// Whether a file is an ONNX network, by its fields, or where it is damaged by its beginning or its name.
  /// - Returns: false where it cannot be opened or read: whoever opens it says why.
  public static func isONNX(_ path: String) -> Bool {
    guard let file = try? HeldFile(path: path, kind: kind) else { return false }
    return ForeignFormat.recognise(file.fileBytes, name: path) == .onnx
  }

  private static func contents(_ path: String, for purpose: HeldFile.Purpose) throws(Problem) -> any TensorContents {
    var isFolder: ObjCBool = false
    if unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      throw ForeignFormat.folder(path).problem(file: path, expected: "a \(kind)")
    }
    return try opened(path, for: purpose, by: weightsReaders.all)
  }

  private static func opened(
    _ path: String, for purpose: HeldFile.Purpose, by readers: [WeightsReader]
  ) throws(Problem) -> any TensorContents {
    try whileRead(HeldFile(path: path, kind: kind, for: purpose)) { (file, bytes) throws(Problem) in
      try WeightsReader.of(bytes, name: path, among: readers).open(file, bytes) { shard throws(Problem) in
        // A shard has no shards.
        try opened(shard, for: purpose, by: WeightsReader.single)
      }
    }
  }

  /// Goes through a file's description; that it could not be read, or changed, is said before what was found in it.
  private static func whileRead(
    _ file: HeldFile, _ body: (HeldFile, FileBytes) throws(Problem) -> any TensorContents
  ) throws(Problem) -> any TensorContents {
    try HeldFile.whileUnchanged([file]) { () throws(Problem) in
      let bytes = file.fileBytes
      let contents: any TensorContents
      do throws(Problem) {
        contents = try body(file, bytes)
      } catch {
        try bytes.check()
        throw error
      }
      try bytes.check()
      return contents
    }
  }

  private init(_ layout: Layout, path: String, dictionary: Int, prefix: String, isWrapped: Bool, except: [String]) {
    self.layout = layout
    self.path = path
    self.dictionary = dictionary
    self.prefix = prefix
    var names: [String] = []
    var outside: [String] = []
    var storedNames: [String: String] = [:]
    for (stored, name, isInside) in layout.names[dictionary] {
      guard name.hasPrefix(prefix), name.count > prefix.count, isInside || !isWrapped,
        !except.contains(where: { name.hasPrefix($0) })
      else {
        outside.append(name)
        continue
      }
      let own = String(name.dropFirst(prefix.count))
      storedNames[own] = stored
      names.append(own)
    }
    tensorNames = names
    self.outside = outside
    self.storedNames = storedNames
    // One name for `model.` twice, as before.
    let parts =
      prefix == String(repeating: "model.", count: prefix.count / 6) ? [prefix.isEmpty ? "" : "model."] : [prefix]
    droppedPrefixes = layout.wrappers[dictionary] + parts.filter { !$0.isEmpty }
  }

  /// Another dictionary of the same file, or the tensors behind another prefix.
  /// - Parameters:
  ///   - prefix: without wrappers.
  ///   - isWrapped: whether only names that begin with a wrapper in the file are part of it.
  ///   - except: prefixes of names that are left out, though they begin with `prefix`.
  public func selecting(
    dictionary: Int, prefix: String, isWrapped: Bool = false, except: [String] = []
  ) -> WeightsFile {
    WeightsFile(
      layout, path: path, dictionary: dictionary, prefix: prefix, isWrapped: isWrapped, except: except)
  }

  /// Whether the other one, of the same file, has the tensors of the same dictionary behind the same prefix.
  public func isSamePart(as other: WeightsFile) -> Bool { dictionary == other.dictionary && prefix == other.prefix }

  public var source: String { path }
  /// Of the file itself, whichever part of it this is.
  public var format: Format { layout.contents.format }
  /// A safetensors file's `__metadata__`.
  public var metadata: [String: String] { layout.contents.metadata }
  /// Names of globals that the pickle asks for and no tensor needs; nothing of them was run.
  public var passedOver: [String] { layout.contents.passedOver }
  /// Bytes of the whole file, of an index and all its shards.
  public var fileSize: Int { files.reduce(0) { $0 + $1.count } }
  /// The keys under which a checkpoint holds the state dict, outermost first; empty where it stands by itself.
  public var stateDictionary: [String] { layout.contents.dictionaries[dictionary].path }
  /// The keys that lead to each of the file's dictionaries of tensors.
  public var dictionaries: [[String]] { layout.contents.dictionaries.map(\.path) }
  /// Of `dictionaries`, which is taken where nobody says another; nil where none is likelier than the others.
  public var preferredDictionary: Int? { layout.contents.preferred }

  /// All that tensors are read from, to hold them to what was hashed: this file, or an index and its shards.
  public var files: [HeldFile] { layout.contents.files }

  /// Of the file; of several that of the text with a line for each, the index first: its SHA-256, two spaces, its name.
  /// - Throws: `Problem.changed` where a file changed since it was opened.
  public func sha256() throws(Problem) -> String {
    let hashes = try concurrentMap(files) { (file) throws(Problem) in try file.sha256() }
    guard hashes.count > 1 else { return hashes[0] }
    let lines = zip(hashes, files).map { "\($0)  \($1.path.split(separator: "/").last ?? "")\n" }
    return Checksum.sha256(Array(lines.joined().utf8))
  }

  /// A dictionary's names without wrappers, and whether they begin with one in the file.
  public func names(in dictionary: Int) -> [(name: String, isWrapped: Bool)] {
    layout.names[dictionary].map { ($0.name, $0.isWrapped) }
  }

  public func shape(of name: String) -> Shape? { tensor(name)?.shape }

  /// As the file stores it; nil when there is no such tensor, and for some of those that `refusal(of:)` refuses.
  public func dataType(of name: String) -> TensorDataType? { tensor(name)?.dataType }

  private func tensor(_ name: String) -> (dataType: TensorDataType, shape: Shape, place: Place)? {
    storedNames[name].flatMap { layout.contents.tensor($0, in: dictionary) }
  }

  public func refusal(of name: String) -> Problem? {
    guard let stored = storedNames[name] else { return nil }
    if let problem = layout.contents.refusal(of: stored, in: dictionary) { return problem }
    guard let tensor = tensor(name), !tensor.dataType.isReadable else { return nil }
    var place = tensor.place
    place.tensor = name
    return unreadable(tensor.dataType, at: place)
  }

  /// A tensor's values, row-major: F16 and BF16 converted exactly, F64 to the nearest Float32.
  /// - Throws: `Problem` when there is no such tensor or it cannot be read.
  public func values(_ name: String) throws(Problem) -> [Float] {
    if let problem = refusal(of: name) { throw problem }
    guard let stored = storedNames[name] else { throw missingTensor(name, in: self) }
    return try layout.contents.values(stored, in: dictionary)
  }

  public func forEachPiece(
    of name: String, _ body: (Int, Span<Float>) throws(Problem) -> Void
  ) throws(Problem) {
    if let problem = refusal(of: name) { throw problem }
    guard let stored = storedNames[name] else { throw missingTensor(name, in: self) }
    try layout.contents.forEachPiece(of: stored, in: dictionary, body)
  }

  /// Lends a tensor's elements piece by piece as the file has them: row-major, little-endian, of `dataType(of:)`, each
  /// piece with whole elements. It cannot be kept beyond `body`.
  /// - Throws: `Problem` when there is no such tensor, and what `body` throws.
  public func forEachPiece(
    ofElements name: String, _ body: (Span<UInt8>) throws(Problem) -> Void
  ) throws(Problem) {
    guard let stored = storedNames[name] else { throw missingTensor(name, in: self) }
    if let problem = layout.contents.refusal(of: stored, in: dictionary) { throw problem }
    try layout.contents.forEachPiece(of: stored, in: dictionary, body)
  }

  /// What all views of a file share.
  private final class Layout: Sendable {
    let contents: any TensorContents
    /// Of each dictionary: the file's names, and the same without wrappers.
    let names: [[(stored: String, name: String, isWrapped: Bool)]]
    /// Of each dictionary: the wrappers that were left off, "module.".
    let wrappers: [[String]]

    init(_ contents: any TensorContents) {
      self.contents = contents
      var names: [[(stored: String, name: String, isWrapped: Bool)]] = []
      var wrappers: [[String]] = []
      for dictionary in contents.dictionaries {
        var dropped: Set<String> = []
        let unwrapped = dictionary.names.map { stored in
          let isWrapped = WeightsFile.wrappers.contains { stored.hasPrefix($0 + ".") }
          return (stored: stored, name: Layout.unwrapped(stored, &dropped), isWrapped: isWrapped)
        }
        // Two networks in one dictionary, one of them wrapped: they stay two.
        let isUnique = dropped.isEmpty || Set(unwrapped.map(\.name)).count == unwrapped.count
        names.append(isUnique ? unwrapped : dictionary.names.map { ($0, $0, false) })
        wrappers.append(isUnique ? WeightsFile.wrappers.filter(dropped.contains).map { $0 + "." } : [])
      }
      self.names = names
      self.wrappers = wrappers
    }

    private static func unwrapped(_ name: String, _ dropped: inout Set<String>) -> String {
      guard WeightsFile.wrappers.contains(where: { name.contains($0 + ".") }) else { return name }
      let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
      // The last one is the tensor itself.
      var kept = parts.dropLast().filter { part in
        guard WeightsFile.wrappers.contains(part) else { return true }
        dropped.insert(part)
        return false
      }
      kept += parts.suffix(1)
      return kept.joined(separator: ".")
    }
  }
}
