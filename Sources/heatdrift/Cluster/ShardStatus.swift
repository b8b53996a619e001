import Cluster
import Measuring
import Support

extension ShardRun {
  /// What others read of this attempt while it runs.
  /// - Parameter folder: of the attempt.
  func status(in folder: String) -> StatusWriter {
    let images = plan.images.count { shard.contains(sha256: $0.record.sha256) }
    return StatusWriter(folder: folder, shard: shard.description, passes: images * plan.models.count)
  }
}

extension StatusWriter {
  func show(_ event: RunEvent) {
    switch event {
    case .started(let images, _, _, _): show(done: 0, of: images)
    case .image(_, _, let done, let total): show(done: done, of: total)
    case .model, .fewerThreads, .skipped: break
    }
  }
}
