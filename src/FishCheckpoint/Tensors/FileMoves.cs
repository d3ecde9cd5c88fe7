namespace FishCheckpoint.Tensors;

/// <summary>What <see cref="FileReplacement"/> asks of the system, each a seam that a test can hold.</summary>
/// <param name="IsWindows">Whether a file that is open cannot be replaced.</param>
/// <param name="Move">Renames a file; the last argument allows it to replace one.</param>
/// <param name="Delete">Deletes a file.</param>
/// <param name="Wait">Waits.</param>
internal sealed record FileMoves(bool IsWindows, Action<string, string, bool> Move, Action<string> Delete, Action<TimeSpan> Wait)
{
    /// <summary>This system.</summary>
    public static FileMoves Here { get; } = new(OperatingSystem.IsWindows(), File.Move, File.Delete, Thread.Sleep);
}
