import Support
import Typesetting

/// Which figures stand side by side in which `compose` cells, and nowhere else.
struct Composition {
  /// What becomes a part of another figure.
  enum Member {
    /// By its place among the report's parts.
    case cell(Int)
    /// A picture of the template's own, by its label.
    case picture(String)
  }

  /// By the place of the `compose` cell: in the order of its letters.
  private(set) var members: [Int: [Member]] = [:]
  /// By the same, of cells that name what cannot stand in them; their figures stay where they are.
  private(set) var failures: [Int: Problem] = [:]
  /// Of cells that stand elsewhere.
  private(set) var cells: Set<Int> = []
  /// Labels of pictures that stand elsewhere.
  private(set) var pictures: Set<String> = []

  /// - Parameters:
  ///   - parts: of the report.
  ///   - prose: the blocks of those parts that are prose.
  init(_ parts: [PlannedPart], prose: [[Block]?], _ values: ValueEvaluator) {
    let labels = prose.compactMap { $0 }.joined().flatMap(\.labels)
    for (index, part) in parts.enumerated() {
      guard case .cell(let planned) = part, let compose = planned.cell as? ComposeCell else { continue }
      let place = planned.keys.keyPlace("figures") ?? planned.keys.place
      do throws(Problem) {
        var found: [Member] = []
        for text in compose.figures {
          let name = try ReportPlan.substituted(text, values, scope: planned.scope, at: place)
          found += try Self.members(name, parts, labels, at: place)
        }
        guard found.count <= ComposeCell.letters.count else {
          throw .usage(
            at: place, "a figure has at most \(ComposeCell.letters.count) parts, found \(found.count)",
            remedy: "Make two figures of it.")
        }
        for (position, member) in found.enumerated() { try take(member, parts, found[..<position], at: place) }
        for case .cell(let place) in found { cells.insert(place) }
        for case .picture(let label) in found { pictures.insert(label) }
        members[index] = found
      } catch {
        failures[index] = error
      }
    }
  }

  /// Everything that a name stands for: one figure, or those of all turns of a cell that is repeated.
  private static func members(
    _ name: String, _ parts: [PlannedPart], _ labels: [(label: String, picture: EncodedPicture?)], at place: Place
  ) throws(Problem) -> [Member] {
    var found: [Member] = []
    var known: [String] = []
    for (index, part) in parts.enumerated() {
      guard case .cell(let cell) = part, let label = cell.label, type(of: cell.cell).product == .figure,
        !(cell.cell is ComposeCell)
      else { continue }
      known.append(label)
      if label == name || cell.base == name { found.append(.cell(index)) }
    }
    for case (let label, _?) in labels {
      known.append(label)
      if label == name { found.append(.picture(label)) }
    }
    guard found.isEmpty else { return found }
    let isOther =
      labels.contains { $0.label == name }
      || parts.contains { if case .cell(let cell) = $0 { cell.label == name || cell.base == name } else { false } }
    throw .usage(
      at: place, isOther ? "`\(name)` is no figure that could stand in another" : "no figure has the label `\(name)`",
      remedy: isOther
        ? "Name figures and pictures; tables and composed figures stand alone."
        : suggestion(for: name, among: known.sorted()))
  }

  private func take(
    _ member: Member, _ parts: [PlannedPart], _ before: ArraySlice<Member>, at place: Place
  ) throws(Problem) {
    let (name, isTaken): (String, Bool) =
      switch member {
      case .cell(let index):
        (
          { if case .cell(let cell) = parts[index] { cell.label ?? "" } else { "" } }(),
          cells.contains(index) || before.contains { if case .cell(index) = $0 { true } else { false } }
        )
      case .picture(let label):
        (label, pictures.contains(label) || before.contains { if case .picture(label) = $0 { true } else { false } })
      }
    guard !isTaken else {
      throw .usage(
        at: place, "`\(name)` stands in a figure already", remedy: "Each figure can be a part of one other, once.")
    }
  }
}
