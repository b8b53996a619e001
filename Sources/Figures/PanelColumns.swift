/// How many panels of one figure stand beside each other.
public enum PanelColumns {
  /// No more stand beside each other by themselves: rows of more are read as a strip.
  private static let most = 5

  /// As few rows as there is room for, and those as equally full as can be: up to three panels and five stand in one row where there
  /// is room, four in one row or two, six in rows of three, eight in rows of four.
  /// - Parameters:
  ///   - count: of all panels.
  ///   - fitting: how many of them there is room for beside each other.
  ///   - chosen: as many as fit, but no more than this, whatever the last row; nil leaves it to the number of panels.
  public static func count(of count: Int, fitting: Int, chosen: Int? = nil) -> Int {
    if let chosen { return max(1, min(chosen, fitting, count)) }
    let limit = max(1, min(count, fitting, most))
    let rows = max(1, (count + limit - 1) / limit)
    return max(1, (count + rows - 1) / rows)
  }

  /// How many columns of a least width stand beside each other in a width, with gaps between them; lengths in points.
  public static func fitting(width: Double, least: Double, gap: Double) -> Int {
    let columns = (width + gap) / (least + gap)
    return columns.isFinite ? max(1, Int(min(columns, 1000))) : 1
  }
}
