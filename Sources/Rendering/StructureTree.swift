import Typesetting

/// The structure of a document while it is drawn: which stretches of drawing belong to which element.
///
/// Cairo writes each stretch as marked content with an element of its own, one after the other. This tree remembers
/// what they are parts of; `PDFStructure` puts the file in order.
final class StructureTree {
  final class Node {
    /// "P", "TD"
    let role: String
    let alternative: String
    fileprivate(set) var kids: [Kid] = []

    init(role: String, alternative: String = "") {
      self.role = role
      self.alternative = alternative
    }
  }

  enum Kid {
    case element(Node)
    /// A stretch, by its number in the order of drawing.
    case content(Int)
  }

  /// What a stretch of drawing is to the reader.
  private enum Stretch: Equatable {
    case none
    case artifact
    case content(ObjectIdentifier)
  }

  let root = Node(role: "Document")
  /// Of all stretches.
  private(set) var count = 0
  /// The numbers of those that are not read: rules, running heads.
  private(set) var artifacts: Set<Int> = []
  private var path: [Node]
  private var isArtifact = false
  private var shared: [Int: Node] = [:]
  private var open = Stretch.none
  private var openTag = ""

  init() { path = [root] }

  /// Runs the drawing of an element.
  /// - Parameter close: ends the stretch that is open.
  func element<Failure>(
    _ role: String, _ alternative: String, close: () -> Void, draw: () throws(Failure) -> Void
  ) throws(Failure) {
    let (name, number) = StructureRole.split(role)
    if name == "Artifact", !isArtifact {
      close()
      isArtifact = true
      try draw()
      close()
      isArtifact = false
      return
    }
    // What lies inside of an element of content is that content; an artifact is never read.
    guard !isArtifact, StructureRole.isGroup(path[path.count - 1].role) else {
      try draw()
      return
    }
    close()
    let node = number.flatMap { shared[$0] } ?? add(Node(role: name, alternative: alternative))
    if let number { shared[number] = node }
    path.append(node)
    try draw()
    close()
    path.removeLast()
  }

  private func add(_ node: Node) -> Node {
    path[path.count - 1].kids.append(.element(node))
    return node
  }

  /// Says that something is drawn now.
  /// - Parameters:
  ///   - isText: text outside of all elements is a paragraph; lines and grounds are not read.
  ///   - begin: begins a stretch under the tag that it is given.
  func draw(isText: Bool, close: () -> Void, begin: (String) -> Void) {
    var node = path[path.count - 1]
    let isRead = !isArtifact && (isText || !StructureRole.isGroup(node.role))
    if isRead, StructureRole.isGroup(node.role) {
      // One paragraph for all the text that stands here side by side.
      if case .element(let last)? = node.kids.last, open == .content(ObjectIdentifier(last)) {
        node = last
      } else {
        node = add(Node(role: node.role == "LI" ? "LBody" : node.role == "TR" ? "TD" : "P"))
      }
    }
    let wanted = isRead ? Stretch.content(ObjectIdentifier(node)) : .artifact
    guard wanted != open else { return }
    close()
    openTag = isRead ? StructureTree.tag(node.role) : StructureTree.artifactTag
    begin(openTag)
    open = wanted
    if isRead { node.kids.append(.content(count)) } else { artifacts.insert(count) }
    count += 1
  }

  /// Says that the open stretch has ended.
  /// - Returns: the tag under which it began; nil where none was open.
  func end() -> String? {
    defer { open = .none }
    return open == .none ? nil : openTag
  }

  /// A link that is drawn as a stretch of its own.
  func link(close: () -> Void) {
    close()
    if isArtifact {
      artifacts.insert(count)
    } else {
      let node = add(Node(role: "Link"))
      node.kids.append(.content(count))
    }
    count += 1
  }

  /// Stands in the drawing for what is not read; no element of ours has this role.
  static let artifactTag = "NonStruct"

  /// What Cairo knows of our roles; the element itself gets its own role later.
  private static func tag(_ role: String) -> String { role == "Title" ? "P" : role }
}
