import Typesetting

/// The structure of a document while it is drawn: which stretches of drawing belong to which element.
///
/// Cairo is told nothing of it: from 1.18 on it marks text only. The canvas draws a mark where a stretch begins, and
/// `PDFStructure` puts marked content in its place and writes the elements.
final class StructureTree {
  final class Node {
    /// "P", "TD"
    let role: StructureRole
    let alternative: String
    let link: Link?
    fileprivate(set) var kids: [Kid] = []

    init(role: StructureRole, alternative: String = "", link: Link? = nil) {
      self.role = role
      self.alternative = alternative
      self.link = link
    }
  }

  struct Link {
    enum Destination {
      case address(String)
      /// The name of an anchor.
      case anchor(String)
    }
    var page: Int
    /// In the coordinates of the page, from its top left corner.
    var rect: Rect
    var destination: Destination
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
  /// What has been drawn, in points.
  private(set) var pages: [Size] = []
  /// Where anchors stand, by their names.
  private(set) var anchors: [String: (page: Int, point: Point)] = [:]
  /// Links that are not read.
  private(set) var silentLinks: [Link] = []
  /// Of all stretches.
  private(set) var count = 0
  /// What content is called in the page's stream, by the number of its stretch.
  private(set) var tags: [String] = []
  /// The numbers of those that are not read: rules, running heads.
  private(set) var artifacts: Set<Int> = []
  private var path: [Node]
  private var isArtifact = false
  private var shared: [Int: Node] = [:]
  private var open = Stretch.none

  init() { path = [root] }

  func beginPage(_ size: Size) {
    pages.append(size)
    open = .none
  }

  func anchor(_ name: String, _ point: Point) { anchors[name] = (pages.count - 1, point) }

  /// Runs the drawing of an element.
  func element<Failure>(
    _ role: StructureRole, _ alternative: String, draw: () throws(Failure) -> Void
  ) throws(Failure) {
    if role.name == "Artifact", !isArtifact {
      open = .none
      isArtifact = true
      try draw()
      open = .none
      isArtifact = false
      return
    }
    // What lies inside of an element of content is that content; an artifact is never read.
    guard !isArtifact, path[path.count - 1].role.isGroup else {
      try draw()
      return
    }
    open = .none
    let node = role.element.flatMap { shared[$0] } ?? add(Node(role: role, alternative: alternative))
    if let number = role.element { shared[number] = node }
    path.append(node)
    try draw()
    open = .none
    path.removeLast()
  }

  private func add(_ node: Node) -> Node {
    path[path.count - 1].kids.append(.element(node))
    return node
  }

  /// Says that something is drawn now.
  /// - Parameters:
  ///   - isText: text outside of all elements is a paragraph; lines and grounds are not read.
  ///   - begin: begins the stretch of the number that it is given.
  func draw(isText: Bool, begin: (Int) -> Void) {
    var node = path[path.count - 1]
    let isRead = !isArtifact && (isText || !node.role.isGroup)
    if isRead, node.role.isGroup {
      // One paragraph for all the text that stands here side by side.
      if case .element(let last)? = node.kids.last, open == .content(ObjectIdentifier(last)) {
        node = last
      } else {
        node = add(Node(role: node.role == "LI" ? "LBody" : node.role == "TR" ? "TD" : "P"))
      }
    }
    let wanted = isRead ? Stretch.content(ObjectIdentifier(node)) : .artifact
    guard wanted != open else { return }
    open = wanted
    start(isRead ? node : nil, begin)
  }

  /// A link; what `draw` draws is a stretch of its own.
  func link(_ rect: Rect, _ destination: Link.Destination, begin: (Int) -> Void, draw: () -> Void) {
    let link = Link(page: pages.count - 1, rect: rect, destination: destination)
    if isArtifact { silentLinks.append(link) }
    start(isArtifact ? nil : add(Node(role: "Link", link: link)), begin)
    draw()
    open = .none
  }

  private func start(_ node: Node?, _ begin: (Int) -> Void) {
    if let node { node.kids.append(.content(count)) } else { artifacts.insert(count) }
    tags.append(node?.role == "Title" ? "P" : node?.role.name ?? "Artifact")
    begin(count)
    count += 1
  }
}
