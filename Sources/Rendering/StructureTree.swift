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
    fileprivate(set) var link: Link?
    /// What a figure covers, from its page's top left corner.
    let box: (page: Int, rect: Rect)?
    fileprivate(set) var kids: [Kid] = []

    init(role: StructureRole, alternative: String = "", link: Link? = nil, box: (page: Int, rect: Rect)? = nil) {
      self.role = role
      self.alternative = alternative
      self.link = link
      self.box = box
    }
  }

  struct Link {
    enum Destination: Equatable {
      case address(String)
      /// The name of an anchor.
      case anchor(String)
    }
    var page: Int
    /// In the coordinates of the page, from its top left corner.
    var rect: Rect
    var destination: Destination
    /// What is drawn there as text.
    var text: String
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
  /// - Parameter box: what a figure covers of the page.
  func element<Failure>(
    _ role: StructureRole, _ alternative: String, box: Rect? = nil, draw: () throws(Failure) -> Void
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
    guard !isArtifact, path[path.count - 1].role.holds(role) else {
      try draw()
      return
    }
    open = .none
    let node =
      role.element.flatMap { shared[$0] }
      ?? add(Node(role: role, alternative: alternative, box: box.map { (pages.count - 1, $0) }))
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
        node = add(Node(role: node.role.name == "LI" ? "LBody" : node.role.name == "TR" ? "TD" : "P"))
      }
    }
    let wanted = isRead ? Stretch.content(ObjectIdentifier(node)) : .artifact
    guard wanted != open else { return }
    open = wanted
    start(isRead ? node : nil, begin)
  }

  /// A link; what `draw` draws is a stretch of its own. The words of one link on a line are one link. What is not read
  /// leads nowhere: an annotation must be part of an element (ISO 14289-1, 7.18.1).
  /// - Parameter text: what is drawn.
  func link(
    _ rect: Rect, _ destination: Link.Destination, _ text: String, begin: (Int) -> Void, draw: () -> Void
  ) {
    guard !isArtifact else {
      start(nil, begin)
      draw()
      open = .none
      return
    }
    if case .element(let last)? = path[path.count - 1].kids.last, open == .content(ObjectIdentifier(last)),
      let before = last.link, before.goesOn(at: rect, to: destination, page: pages.count - 1)
    {
      last.link?.rect.width = rect.maxX - before.rect.x
      last.link?.text += " " + text
      draw()
      return
    }
    let node = add(
      Node(role: "Link", link: Link(page: pages.count - 1, rect: rect, destination: destination, text: text)))
    start(node, begin)
    draw()
    open = .content(ObjectIdentifier(node))
  }

  private func start(_ node: Node?, _ begin: (Int) -> Void) {
    if let node { node.kids.append(.content(count)) } else { artifacts.insert(count) }
    tags.append(node?.role.name ?? "Artifact")
    begin(count)
    count += 1
  }
}

extension StructureTree.Link {
  /// Whether a word to the right of this link's is one more of it.
  fileprivate func goesOn(at rect: Rect, to destination: Destination, page: Int) -> Bool {
    page == self.page && destination == self.destination && abs(rect.y - self.rect.y) < 0.01
      && abs(rect.height - self.rect.height) < 0.01 && rect.x >= self.rect.maxX - 0.01
      && rect.x - self.rect.maxX < rect.height
  }
}
