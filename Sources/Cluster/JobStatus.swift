import Foundation
import Support

/// How far all shards of a job are, by what their attempts say.
public struct JobStatus: Sendable, Equatable {
  /// What is known of a shard.
  public enum State: Sendable, Equatable {
    /// All of its images are measured.
    case done
    case running
    /// It says it runs, and has said nothing for so many seconds.
    case silent(seconds: Int)
    /// Nothing runs; it is in the queue, or nobody has begun it.
    case waiting
    /// Why, as a clause.
    case failed(String)
  }

  /// A shard, from 1.
  public struct Shard: Sendable, Equatable {
    /// From 1.
    public var number: Int
    /// By its attempts, and by the batch system where that says more.
    public var state: State
    /// What its latest attempt says; nil where none has said anything.
    public var status: AttemptStatus?
    /// How many there were.
    public var attempts: Int
    /// The last line of its log that tells of an error, where it failed.
    public var error: String?
  }

  /// In their order.
  public var shards: [Shard]

  /// Seconds after which an attempt that says nothing is suspected: it writes every few seconds, and clocks of machines differ.
  static let patience = 180

  /// - Parameters:
  ///   - job: whose folder is read.
  ///   - queue: what the batch system says.
  ///   - now: seconds since 1970.
  ///   - fate: whether a process is still there.
  public init(
    _ job: ClusterJob, queue: SlurmQueue, now: Double = Date().timeIntervalSince1970,
    fate: (ProcessIdentity) -> ProcessIdentity.Fate = { $0.fate() }
  ) {
    shards = (1...job.shards).map { number in
      let folder = "\(job.folder)/shards/\(ClusterJob.shardFolder(number, of: job.shards))"
      let attempts = JobStatus.attempts(in: folder)
      // One that was complete stays so, whatever a later one came to.
      let known = attempts.map { (folder: $0, status: AttemptStatus.read(in: "\(folder)/\($0)")) }
      let status = known.last { $0.status?.state == .done }?.status ?? known.last { $0.status != nil }?.status
      let failure = attempts.last.flatMap { SmallFile.line("\(folder)/\($0)/failed") }
      let isQueued = queue.waiting[number] != nil
      var shard = Shard(number: number, state: .waiting, status: status, attempts: attempts.count)
      switch status?.state {
      case .done: shard.state = .done
      case .failed where !isQueued: shard.state = .failed(status?.message ?? failure ?? "for a reason it does not say")
      case .running:
        guard let status, failure == nil, known.last?.status != nil || !isQueued else {
          if let failure, !isQueued { shard.state = .failed(failure) }
          break
        }
        let silence = Int(max(0, min(now - status.updated, 1e9)))
        switch fate(status.process) {
        case .running: shard.state = .running
        case .ended where queue.waiting[number]?.hasPrefix("RUNNING") != true:
          shard.state = isQueued ? .waiting : .failed("its process ended without a word")
        case .ended, .unknown: shard.state = silence > JobStatus.patience ? .silent(seconds: silence) : .running
        }
      default: if let failure, !isQueued { shard.state = .failed(failure) }
      }
      if case .waiting = shard.state, queue.waiting[number]?.hasPrefix("RUNNING") == true { shard.state = .running }
      if case .failed(let reason) = shard.state {
        if let state = queue.ended[number], state != "COMPLETED" { shard.state = .failed("\(reason) (\(state))") }
        shard.error = JobStatus.lastError("\(job.clusterFolder)/logs/shard-\(number).log")
      }
      return shard
    }
  }

  /// In the order in which they were made: by the number of the job, then how often it was put back.
  private static func attempts(in folder: String) -> [String] {
    SmallFile.folders(in: folder).compactMap { name -> (name: String, numbers: [Int])? in
      let words = name.split(separator: "-", omittingEmptySubsequences: false)
      guard words.count == 3, words[0] == "attempt", let job = Int(words[1]), let restart = Int(words[2]) else {
        return nil
      }
      return (name, [job, restart])
    }.sorted { $0.numbers.lexicographicallyPrecedes($1.numbers) }.map(\.name)
  }

  private static func lastError(_ log: String) -> String? {
    SmallFile.end(log, bytes: 1 << 16).flatMap { bytes in
      let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
      return lines.last { $0.hasPrefix("error:") || $0.contains(": error:") || $0.hasPrefix("slurmstepd:") }
        .map { String($0.prefix(300)) }
    }
  }

  /// Of all that are known, images once for each model.
  public var done: Int { shards.reduce(0) { $0 + ($1.status?.done ?? 0) } }

  /// The same of what there is to do; of shards that have said nothing as many as others have on average.
  public var total: Int {
    let known = shards.compactMap { $0.status?.passes }
    guard !known.isEmpty else { return 0 }
    let mean = Double(known.reduce(0, +)) / Double(known.count)
    return known.reduce(0, +) + Int((mean * Double(shards.count - known.count)).rounded())
  }

  /// Images a second of all that run; nil where none has measured any yet.
  public var rate: Double? {
    let rates = shards.filter { $0.state == .running }.compactMap { $0.status?.rate }
    return rates.isEmpty ? nil : rates.reduce(0, +)
  }

  private func count(where isCounted: (State) -> Bool) -> Int { shards.count { isCounted($0.state) } }

  /// For people.
  /// - Parameter duration: writes seconds: "1:02:03".
  public func lines(folder: String, duration: (Double) -> String) -> [String] {
    let failed = shards.filter { if case .failed = $0.state { true } else { false } }
    let silent = shards.filter { if case .silent = $0.state { true } else { false } }
    let running = count { $0 == .running }
    let finished = count { $0 == .done }
    let waiting = count { $0 == .waiting }
    var parts = ["\(finished) done", "\(running) running", "\(failed.count) failed", "\(waiting) waiting"]
    if !silent.isEmpty { parts.append("\(silent.count) silent") }
    var lines = ["Shards: \(parts.joined(separator: ", ")), of \(shards.count)"]
    if total > 0 {
      var facts = "Images, once for each model: \(done) of \(total)"
      if let rate {
        facts += ", \(JobStatus.decimal(rate)) a second"
        if total > done { facts += ", \(duration(Double(total - done) / rate)) left at this rate" }
      }
      lines.append(facts)
    } else {
      lines.append("No shard has said anything yet.")
    }
    for shard in silent.prefix(20) {
      guard case .silent(let seconds) = shard.state else { continue }
      let process = shard.status.map { ": \($0.process.words)" } ?? ""
      lines.append("silent: shard \(shard.number) for \(duration(Double(seconds)))\(process)")
    }
    for shard in failed.prefix(20) {
      guard case .failed(let reason) = shard.state else { continue }
      lines.append(
        "failed: shard \(shard.number), attempt \(shard.attempts): \(reason); see "
          + "\(folder)/\(ClusterJob.folderName)/logs/shard-\(shard.number).log")
      if let error = shard.error { lines.append("  \(error)") }
    }
    if failed.count + silent.count > 40 { lines.append("and more of them") }
    if running == 0, finished < shards.count, !failed.isEmpty {
      lines.append("Measure what is missing, and merge: \(folder)/\(ClusterJob.folderName)/submit.sh")
    }
    return lines
  }

  private static func decimal(_ value: Double) -> String {
    let tenths = Int((min(value, 1e9) * 10).rounded())
    return value < 10 ? "\(tenths / 10).\(tenths % 10)" : "\(Int(min(value, 1e9).rounded()))"
  }
}
