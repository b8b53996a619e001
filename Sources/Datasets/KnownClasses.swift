import Support

/// Lists of classes that networks come with, in the order of their outputs.
public enum KnownClasses: String, Sendable, Hashable, CaseIterable {
  /// ImageNet's 1,000 classes as torchvision's weights call them.
  case torchvision = "imagenet-torchvision"
  /// The same as timm's weights call them.
  case timm = "imagenet-timm"

  /// The classes by index; folders and labels may be called by WordNet's numbers (`n01440764`), as the dataset has them,
  /// or by the names of either library.
  func entries() throws(Problem) -> [ClassNames.Entry] {
    let file = "imagenet-classes.tsv"
    let text = String(decoding: CompiledIn.bytes(of: file), as: UTF8.self)
    var entries: [ClassNames.Entry] = []
    var seen: Set<String> = []
    for line in text.split(separator: "\n") {
      let columns = line.split(separator: "\t").map(String.init)
      guard columns.count == 3 else { throw .failure("line \(entries.count + 1) of \(file) has no three columns") }
      let name = self == .torchvision ? columns[1] : columns[2]
      // "maillot" is two classes: such a word is neither's.
      let keys = [columns[0], columns[1], columns[2]].filter { seen.insert($0).inserted }
      entries.append(ClassNames.Entry(index: entries.count, name: name, keys: keys))
    }
    return entries
  }

  /// The list that has a class for every one of these folders, where there is one.
  static func list(of folders: [String]) -> KnownClasses? {
    guard !folders.isEmpty, let entries = try? torchvision.entries() else { return nil }
    let keys = Set(entries.flatMap(\.keys))
    return folders.allSatisfy(keys.contains) ? torchvision : nil
  }
}
