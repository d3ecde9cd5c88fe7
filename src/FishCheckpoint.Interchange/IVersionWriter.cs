using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Interchange;

/// <summary>A written version.</summary>
/// <param name="Created">Whether it is new.</param>
/// <param name="Path">Its folder or file.</param>
/// <param name="Bytes">Bytes of its files.</param>
internal readonly record struct Written(bool Created, string Path, long Bytes);

/// <summary>Writes versions of one of the formats, each atomically.</summary>
internal interface IVersionWriter
{
    /// <summary>Writes a full version.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: another version has the path; or the format does not support
    /// the model, or the model is damaged.</exception>
    Task<Written> WriteFullAsync(ExportState state, IModelReader model, CancellationToken cancellation);

    /// <summary>Writes a delta.</summary>
    /// <param name="state">The version.</param>
    /// <param name="below">Its parent.</param>
    /// <param name="pair">Both states.</param>
    /// <param name="cancellation">Cancels the writing; nothing stays behind.</param>
    /// <exception cref="FishException">As above.</exception>
    Written WriteDelta(ExportState state, ExportState below, StatePair pair, CancellationToken cancellation);
}
