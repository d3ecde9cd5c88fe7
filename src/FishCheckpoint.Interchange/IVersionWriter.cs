using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Interchange;

/// <summary>Where a version was written.</summary>
/// <param name="Created">Whether it was not there before.</param>
/// <param name="Path">Its folder or file.</param>
/// <param name="Bytes">Bytes of its files.</param>
internal readonly record struct Written(bool Created, string Path, long Bytes);

/// <summary>Writes versions in one of the formats, each whole or not at all.</summary>
internal interface IVersionWriter
{
    /// <summary>Writes a full version.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: another one is there; or the format cannot carry the model, or
    /// the model is damaged.</exception>
    Task<Written> WriteFullAsync(ExportState state, IModelReader model, CancellationToken cancellation);

    /// <summary>Writes a delta.</summary>
    /// <param name="state">The version.</param>
    /// <param name="below">What it is laid on.</param>
    /// <param name="pair">Both states.</param>
    /// <param name="cancellation">Ends the writing, leaving nothing.</param>
    /// <exception cref="FishException">As above.</exception>
    Written WriteDelta(ExportState state, ExportState below, StatePair pair, CancellationToken cancellation);
}
