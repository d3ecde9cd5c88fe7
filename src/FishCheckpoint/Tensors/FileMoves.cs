namespace FishCheckpoint.Tensors;

/// <summary>The system calls of <see cref="FileReplacement"/>, replaceable in tests.</summary>
/// <param name="IsWindows">Whether an open file cannot be replaced.</param>
/// <param name="Move">Renames a file; the last argument permits replacing one.</param>
/// <param name="Delete">Deletes a file.</param>
/// <param name="Wait">Waits.</param>
internal sealed record FileMoves(bool IsWindows, Action<string, string, bool> Move, Action<string> Delete, Action<TimeSpan> Wait)
{
    /// <summary>The current system.</summary>
    public static FileMoves Here { get; } = new(OperatingSystem.IsWindows(), File.Move, File.Delete, Thread.Sleep);
}
