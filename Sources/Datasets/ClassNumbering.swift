import Support

/// Which label each class folder has.
struct ClassNumbering {
  /// Of the folders, in their order.
  var labels: [Int]
  /// What the report calls the classes, by label.
  var names: [String]
  /// Whether the list of classes numbers the folders by their names.
  var isByName = false
  /// Whether that list leaves out indices, so that how many classes it has says nothing of a network.
  var isPartial = false
  var warnings: [Warning] = []
  var notes: [String] = []

  /// In the order in which the folders are given.
  init(folders: [String], names: [String]? = nil) {
    labels = Array(folders.indices)
    self.names = names ?? folders
  }
}

extension ClassNames {
  /// What the list says of class folders. Where all folders are among its names, it numbers them by name. Where none is,
  /// its names are what the report shows for the folders in their order, and there must be as many; unless folders are the
  /// first words of its lines (`n01440764 tench, Tinca tinca`), which then number them. A mapping from folders' names to
  /// others only says how the report calls them; one to indices must have all folders.
  /// - Parameter folders: in the order of their bytes.
  /// - Throws: `Problem` of kind `.usage` when only some folders are among the names, or the counts differ.
  func numbering(of folders: [String]) throws(Problem) -> ClassNumbering {
    guard let numbered else {
      var numbering = ClassNumbering(folders: folders, names: try names(for: folders))
      if case .byKey(let names) = content {
        let unused = names.keys.filter { !folders.contains($0) }.sorted { $0.precedes($1) }
        if !unused.isEmpty {
          numbering.notes.append("The class names also name what has no folder: \(ClassNames.list(unused)).")
        }
      }
      return numbering
    }
    // Folders may be called by numbers, which are then the keys of an object, in whatever order folders are sorted.
    if case .byIndex(let names) = content {
      let own = folders.compactMap { Int($0).flatMap { names[$0] } }
      if own.count == folders.count { return ClassNumbering(folders: folders, names: own) }
    }
    var known: [String: [Entry]] = [:]
    for entry in numbered { for key in entry.keys { known[key, default: []].append(entry) } }
    let unknown = folders.filter { known[$0] == nil }
    var isKeyed = false
    if case .keyed = content { isKeyed = true }
    if unknown.count == folders.count, !isKeyed {
      if let keyed = try keyedByFirstWord(folders) { return try keyed.numbering(of: folders) }
      // JSON objects may leave indices out; a list has as many names as lines.
      guard numbered.count == folders.count else {
        throw .usage(
          at: place,
          "there are \(numbered.count) names for \(folders.count) class folders, and none of them is a folder's name",
          remedy:
            "Give a name for each folder, in the order of the folders' names; or name the folders themselves, and "
            + "they are numbered by name.")
      }
      let shown = try names(for: folders)
      try checkOrder(folders, shown)
      return ClassNumbering(folders: folders, names: shown)
    }
    guard unknown.isEmpty else {
      let first = unknown[0]
      throw .usage(
        at: place,
        "the class folder `\(first)` is not among the names"
          + (unknown.count > 2
            ? "; nor are \(unknown.count - 1) other folders of \(folders.count)"
            : unknown.count == 2 ? "; nor is `\(unknown[1])`" : ""),
        remedy: suggestion(for: first, among: numbered.flatMap(\.keys)))
    }
    if let twice = folders.first(where: { (known[$0]?.count ?? 0) > 1 }), let own = known[twice] {
      throw .usage(
        at: place,
        "the name `\(twice)` stands for the classes \(own[0].index) and \(own[1].index), and is a class folder's",
        remedy: "Give each class a name of its own.")
    }
    let count = (numbered.last?.index ?? -1) + 1
    guard numbered[0].index >= 0, count <= 1_000_000 else {
      throw .usage(
        at: place, "the class indices run from \(numbered[0].index) to \(count - 1)",
        remedy: "Indices are counted from 0, one for each output of the network.")
    }
    var names = (0..<count).map { String($0) }
    for entry in numbered { names[entry.index] = entry.name }
    var numbering = ClassNumbering(folders: folders, names: names)
    numbering.labels = folders.map { known[$0]?.first?.index ?? 0 }
    numbering.isByName = true
    numbering.isPartial = count > numbered.count
    let present = Set(folders)
    let missing = numbered.filter { !$0.keys.contains(where: present.contains) }.map(\.name)
    if !missing.isEmpty {
      numbering.notes.append(
        (missing.count == 1 ? "1 class has" : "\(missing.count) of \(numbered.count) classes have")
          + " a name but no folder: \(ClassNames.list(missing)). The labels of the others are those of their names.")
    }
    return numbering
  }

  /// The list by the first words of its lines, where these are what the folders are called; what follows is the index, where
  /// all have a number there, or the name. Nil where folders are called otherwise.
  private func keyedByFirstWord(_ folders: [String]) throws(Problem) -> ClassNames? {
    guard case .list(let lines) = content else { return nil }
    let words = lines.map {
      $0.split(maxSplits: 1, whereSeparator: { $0 == " " || $0 == "\t" || $0 == "," }).map(String.init)
    }
    let first = words.compactMap(\.first)
    guard first.count == lines.count, words.contains(where: { $0.count == 2 }), Set(first).count == first.count,
      folders.allSatisfy(Set(first).contains)
    else { return nil }
    let rest = words.map { $0.count == 2 ? $0[1].trimmingPrefix(while: { $0 == " " || $0 == "\t" || $0 == "," }) : "" }
    let numbers = rest.compactMap { Int($0) }
    if numbers.count == lines.count {
      return ClassNames(
        try ClassNames.keyed(Dictionary(zip(first, numbers), uniquingKeysWith: { first, _ in first }), place),
        place: place)
    }
    let entries = zip(first, rest).enumerated().map { index, pair in
      Entry(index: index, name: pair.1.isEmpty ? pair.0 : String(pair.1), keys: [pair.0])
    }
    return ClassNames(.keyed(entries), place: place)
  }

  /// Names that are the folders' but for capitals, spaces, quotation marks and the like are meant to be these, and must then
  /// stand in their order.
  private func checkOrder(_ folders: [String], _ names: [String]) throws(Problem) {
    func bare(_ text: String) -> String { text.lowercased().filter { $0.isLetter || $0.isNumber } }
    let indices = Dictionary(names.enumerated().map { (bare($1), $0) }, uniquingKeysWith: { first, _ in first })
    for (index, folder) in folders.enumerated() {
      let own = bare(folder)
      guard !own.isEmpty, bare(names[index]) != own, let other = indices[own] else { continue }
      throw .usage(
        at: place,
        "the class folder `\(folder)` has the number \(index), but the name that is nearest, `\(names[other])`, stands for "
          + "class \(other)",
        remedy: "Write the folders' names as they are, and they are numbered by name.")
    }
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(10).joined(separator: ", ") + (names.count > 10 ? " and \(names.count - 10) more" : "")
  }
}
