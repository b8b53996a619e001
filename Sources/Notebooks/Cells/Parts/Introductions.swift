import Support

/// What a text has introduced so far: an acronym is spelled out where it is first used and never again, and works are
/// numbered in the order in which they are first cited.
struct Introductions {
  /// Whether works are cited by number: only where a list of them tells what the numbers mean.
  let cites: Bool
  /// The first is number 1; known whether or not they are cited.
  private(set) var cited: [Publication] = []
  private var named: Set<String> = []

  init(cites: Bool) { self.cites = cites }

  /// " [1, 4]"; empty where there is nothing to cite, or no list of it.
  mutating func citation(_ works: [Publication]) -> String {
    let numbers = works.map { work in
      if let known = cited.firstIndex(of: work) { return known + 1 }
      cited.append(work)
      return cited.count
    }
    guard cites, !numbers.isEmpty else { return "" }
    return " [" + numbers.sorted().map { "\($0)" }.joined(separator: ", ") + "]"
  }

  /// "MOD (mean observed dissimilarity) [1]", and "MOD" from then on.
  /// - Parameter expansion: what the letters stand for; nil for a name that is no acronym.
  mutating func name(_ name: String, _ expansion: String?, _ works: [Publication] = []) -> String {
    guard named.insert(name).inserted else { return name }
    return name + (expansion.map { " (\($0))" } ?? "") + citation(works)
  }

  /// The same of a member, which says both of itself.
  mutating func name(_ title: String, of member: any Citable.Type) -> String {
    name(title, member.expansion, member.references)
  }
}
