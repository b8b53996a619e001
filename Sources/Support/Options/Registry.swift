import Synchronization

/// The members of one kind (attacks, explanations, measures, cells, data sources ...) by the names that files give them.
///
/// The ones that are built in are listed where a registry is made, a line each; others are added before the first file
/// is read: by programs at their start, by tests at theirs.
public final class Registry<Member: Sendable>: Sendable {
  private let kind: String
  private let key: @Sendable (Member) -> String
  private let members: Mutex<[Member]>
  /// Those that were there from the start, which the documentation that is kept in files is of.
  public let builtIn: [Member]

  /// - Parameters:
  ///   - kind: in messages: "attack".
  ///   - members: in the order in which they are listed.
  ///   - key: what files call a member.
  public init(_ kind: String, _ members: [Member], key: @escaping @Sendable (Member) -> String) {
    self.kind = kind
    self.key = key
    self.members = Mutex(members)
    builtIn = members
  }

  /// In the order in which they are listed, those that were added last.
  public var all: [Member] { members.withLock { $0 } }

  /// What files call the members, in the order of `all`.
  public var keys: [String] { all.map(key) }

  /// One more; it takes the place of a member of the same name.
  public func add(_ member: Member) {
    members.withLock { members in
      if let index = members.firstIndex(where: { key($0) == key(member) }) {
        members[index] = member
      } else {
        members.append(member)
      }
    }
  }

  /// The member that files call so, to the letter; nil where there is none.
  public subscript(name: String) -> Member? { all.first { key($0) == name } }

  /// - Parameter name: the path of the key that names a member: "attack.method".
  /// - Throws: `Problem` of kind `.usage` that lists the members, with "did you mean".
  public func member(_ value: YAMLValue, name: String) throws(Problem) -> Member {
    let word = try value.choice(name, of: keys)
    guard let member = self[word] else { throw .usage(at: value.place, "there is no \(kind) `\(word)`") }
    return member
  }
}
