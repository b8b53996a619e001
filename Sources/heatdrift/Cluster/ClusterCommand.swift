import ArgumentParser

struct ClusterCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cluster",
    abstract: "Measures an experiment by many machines: scripts for Slurm, and how far they are.",
    discussion: """
      Each task measures a shard (`run --shard`), and a last one puts them together (`merge`). Tasks that are preempted, \
      run out of time or lose their node go on where they were. `Documentation/ManyMachines.md` has other batch systems.
      """,
    subcommands: [SlurmCommand.self, ClusterStatusCommand.self])
}
