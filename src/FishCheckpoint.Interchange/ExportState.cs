using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Interchange;

/// <summary>A state as a version.</summary>
/// <param name="Name">The version's name.</param>
/// <param name="Info">The checkpoint; <see langword="null"/> for the task's start.</param>
/// <param name="Anchor">The name of the full version at the start of its chain.</param>
internal sealed record ExportState(string Name, CheckpointInfo? Info, string Anchor)
{
    /// <summary>Its name as a number.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: it is not a number.</exception>
    public long Number => VersionName.NumberOf(Name)
        ?? throw new FishException(
            ErrorCode.RequestInvalid, Name, "Versions are numbers in this format.", "Leave out the version name.");
}
