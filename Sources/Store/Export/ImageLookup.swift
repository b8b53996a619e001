import Results
import Support

extension StoredRun {
  /// How many near names a message lists.
  private static let mostListed = 10

  /// The measured image that a name means: its path as in `results.csv`, the end of it that no other image has, or a path of
  /// this machine that ends with it.
  /// - Throws: `Problem` of kind `.usage` where several are meant, or none; it lists them, or what is near.
  public func image(named name: String) throws(Problem) -> ImageRecord {
    if let image = images.first(where: { $0.path == name }) { return image }
    var wanted = name
    while wanted.hasPrefix("./") { wanted.removeFirst(2) }
    // Whole names of files and folders come before their parts: "1.png" is not "11.png" where there is a "1.png".
    let rules: [(ImageRecord) -> Bool] = [
      { $0.path == wanted || $0.path.hasSuffix("/" + wanted) }, { wanted.hasSuffix("/" + $0.path) },
      { $0.path.hasSuffix(wanted) },
    ]
    for rule in rules where !wanted.isEmpty {
      let found = images.filter(rule)
      if found.count == 1 { return found[0] }
      guard found.isEmpty else {
        throw listing(
          found.map(\.path), "`\(printable(name))` is the end of the names of \(found.count) images",
          remedy: "Give more of the name, of these:")
      }
    }
    if let left = skipped.first(where: { $0.path == wanted || $0.path.hasSuffix("/" + wanted) }) {
      throw .usage(
        "`\(printable(left.path))` was not measured: \(left.reason)",
        remedy: "Repair the file and run the experiment again.")
    }
    throw listing(
      near(wanted), "no measured image is called `\(printable(name))`",
      remedy: "Images are called as in the column `image` of results.csv, such as:")
  }

  private func listing(_ paths: [String], _ message: String, remedy: String) -> Problem {
    var problem = Problem.usage(message, remedy: remedy)
    problem.choices = paths.prefix(Self.mostListed).map { printable($0) }
    if paths.count > Self.mostListed { problem.choices?.append("and \(paths.count - Self.mostListed) more") }
    return problem
  }

  /// Those whose paths have the name in them, and those that are the fewest letters away.
  private func near(_ name: String) -> [String] {
    let lowercased = name.lowercased()
    let holding = images.lazy.map(\.path).filter { $0.lowercased().contains(lowercased) }.prefix(Self.mostListed)
    guard holding.isEmpty else { return Array(holding) }
    // Letters are compared of some thousand: among millions of names any is near to some.
    let compared = images.prefix(20_000).map { (path: $0.path, distance: editDistance(name, $0.path)) }
    return compared.sorted { ($0.distance, $0.path) < ($1.distance, $1.path) }.prefix(5).map(\.path)
  }
}
