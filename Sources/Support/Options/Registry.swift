/// The members of one kind (attacks, explanations, measures, cells, data sources ...) by the names that files give them: a
/// line each where the registry is made.
public final class Registry<Member: Sendable>: Sendable {
  private let kind: String
  private let key: @Sendable (Member) -> String
  private let members: [Member]

  /// - Parameters:
  ///   - kind: in messages: "attack".
  ///   - members: in the order in which they are listed.
  ///   - key: what files call a member.
  public init(_ kind: String, _ members: [Member], key: @escaping @Sendable (Member) -> String) {
    self.kind = kind
    self.key = key
    self.members = members
  }

  /// The members in their order, then those that were added for the code that asks.
  public var all: [Member] {
    members + (RegistryAdditions.members[ObjectIdentifier(self)] ?? []).compactMap { $0 as? Member }
  }

  /// What files call the members, in their order.
  public var keys: [String] { all.map(key) }

  /// One member more, for what `body` does and nobody else: how a test tries a new one beside others that run at the same
  /// time.
  public func adding<Result>(_ member: Member, _ body: () throws -> Result) rethrows -> Result {
    var additions = RegistryAdditions.members
    additions[ObjectIdentifier(self), default: []].append(member)
    return try RegistryAdditions.$members.withValue(additions, operation: body)
  }

  /// Nil for a name that no member has.
  public subscript(name: String) -> Member? { all.first { key($0) == name } }

  /// - Parameter name: the path of the key that names a member: "attack.method".
  /// - Throws: `Problem` of kind `.usage` that lists the members, with "did you mean".
  public func member(_ value: YAMLValue, name: String) throws(Problem) -> Member {
    let word = try value.choice(name, of: keys)
    guard let member = self[word] else { throw .usage(at: value.place, "there is no \(kind) `\(word)`") }
    return member
  }
}

private enum RegistryAdditions {
  /// By registry.
  @TaskLocal static var members: [ObjectIdentifier: [any Sendable]] = [:]
}
