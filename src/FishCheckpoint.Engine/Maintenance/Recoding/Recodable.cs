using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Engine.Maintenance.Recoding;

/// <summary>A stored frame that may be made smaller.</summary>
internal abstract class Recodable
{
    /// <summary>What it is called where it is found damaged.</summary>
    public abstract string Key { get; }

    /// <summary>Where it stands among those of its kind: the oldest first.</summary>
    public abstract long Place { get; }

    /// <summary>Bytes that it takes: head and payload.</summary>
    public abstract long Bytes { get; }

    /// <summary>Reads it with all its checks, encodes it again, and reads what is smaller back.</summary>
    /// <param name="view">The snapshot that it was found in.</param>
    /// <param name="means">What that takes.</param>
    /// <param name="cancellation">Ends the work early.</param>
    /// <returns>The frame; the caller disposes it.</returns>
    /// <exception cref="Errors.FishException">It, or something that it is read with, is damaged.</exception>
    public abstract RecodedFrame Recode(ICatalogView view, RecodeContext means, CancellationToken cancellation);

    /// <summary>Puts a frame in its place, unless it would not be smaller, and notes that this was tried; in the caller's transaction.</summary>
    /// <returns><see langword="false"/> where it was deleted or replaced meanwhile; nothing is written then.</returns>
    public abstract bool Replace(ICatalogWriter writer, RecodedFrame recoded);
}
