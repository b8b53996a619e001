import Foundation
import Measuring
import Support

/// Shows how far a run is: a bar on a terminal, plain lines in a log.
final class Progress: @unchecked Sendable {
  enum Style { case bar, lines, quiet }

  // The runner never calls an observer from two threads at once; nothing else touches these.
  private let style: Style
  private let clock = ContinuousClock()
  private var start: ContinuousClock.Instant
  private var lastShown: ContinuousClock.Instant
  private var model = ""
  private var isBarShown = false
  private var lastTold: ContinuousClock.Instant?
  /// Of all models together, stored since the start.
  private(set) var images = 0

  private let note: String?

  /// - Parameter note: a sentence for the first line of work.
  init(_ style: Style, note: String? = nil) {
    self.style = style
    self.note = note
    start = clock.now
    lastShown = start
  }

  func show(_ event: RunEvent) {
    if case .image = event { images += 1 }
    tell(event)
    guard style != .quiet else { return }
    switch event {
    case .started(let images, let models, let storedRows, let missingRows):
      start = clock.now
      lastShown = start
      guard missingRows > 0 else {
        if images > 0 {
          line("Computing what an older version did not store: logits of \(Console.count(images, "image")).")
        }
        return
      }
      let kept = storedRows > 0 ? "; \(Console.grouped(storedRows)) are in the store already" : ""
      let passes =
        models == 1 ? Console.count(images, "image") : "\(Console.grouped(images)) images over \(models) models"
      let facts = "Computing \(Console.count(missingRows, "measurement")): \(passes)\(kept)."
      line([facts, note].compactMap { $0 }.joined(separator: " "))
    case .model(let name, let images):
      model = name
      if style == .lines { line("\(visible(name)): \(Console.count(images, "image"))") }
    case .fewerThreads(let model, let count, let wanted, let reason):
      line("\(visible(model)) is measured by \(Console.count(count, "thread")) in place of \(wanted): \(reason).")
    case .image(let model, _, let done, let total): advance(model: model, done: done, of: total)
    case .skipped(let image): line("warning: \(visible(image.path)) is skipped: \(visible(image.reason))")
    }
  }

  /// To whoever started this process and shows it elsewhere.
  private func tell(_ event: RunEvent) {
    guard RunNews.isAsked else { return }
    switch event {
    case .started(_, _, _, let missingRows):
      start = clock.now
      RunNews(progress: "Measuring: \(Console.count(missingRows, "measurement")) to make").tell()
    case .image(let model, _, let done, let total):
      let now = clock.now
      if let lastTold, now - lastTold < .milliseconds(200), done < total { return }
      lastTold = now
      RunNews(
        progress: "Measuring: image \(done) of \(total), \(visible(model)), \(left(done: done, of: total, now)) left"
      ).tell()
    case .model, .fewerThreads, .skipped: break
    }
  }

  private func left(done: Int, of total: Int, _ now: ContinuousClock.Instant) -> String {
    let rate = (now - start).seconds > 0 ? Double(done) / (now - start).seconds : 0
    return rate > 0 ? Progress.duration(Double(total - done) / rate) : "?"
  }

  /// Removes the bar.
  func finish() {
    guard isBarShown else { return }
    Progress.removeBar()
    isBarShown = false
  }

  private func line(_ text: String) {
    finish()
    Console.error(text)
  }

  private func advance(model: String, done: Int, of total: Int) {
    let now = clock.now
    let pause: Duration = style == .bar ? .milliseconds(100) : .seconds(10)
    guard now - lastShown >= pause || (done == total && style == .lines) else { return }
    lastShown = now
    let seconds = (now - start).seconds
    let rate = seconds > 0 ? Double(done) / seconds : 0
    let left = left(done: done, of: total, now)
    let rateText = String(format: rate < 10 ? "%.1f" : "%.0f", rate)
    let facts = "\(done)/\(total)  \(visible(model))  \(rateText) images/s  \(left) left"
    guard style == .bar else {
      Console.error(facts)
      return
    }
    Progress.showBar(facts, done: done, of: total)
    isBarShown = true
  }

  /// Replaces the line of the terminal by a bar, as wide as there is room, and facts.
  static func showBar(_ facts: String, done: Int, of total: Int) {
    let room = Console.width - 1
    let barWidth = min(30, room - terminalColumns(facts) - 3)
    var text = facts
    if barWidth >= 5 {
      let filled = barWidth * done / max(1, total)
      text =
        "[" + String(repeating: "#", count: filled) + String(repeating: "-", count: barWidth - filled) + "] " + facts
    }
    // A line that is wrapped could not be taken back.
    while terminalColumns(text) > max(0, room) { text.removeLast() }
    Console.status("\r\u{1B}[K" + text)
  }

  static func removeBar() { Console.status("\r\u{1B}[K") }

  /// "0:41", "1:02:03"
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e7 else { return "?" }
    let whole = Int(seconds.rounded(.up))
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    return hours > 0 ? String(format: "%d:%02d:%02d", hours, minutes, rest) : String(format: "%d:%02d", minutes, rest)
  }
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
