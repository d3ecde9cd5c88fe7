using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Engine.Maintenance;

/// <summary>A stored thing that a round may rewrite. Owns what was prepared for it.</summary>
internal abstract class RewriteItem : IDisposable
{
    /// <summary>The name that it is reported by if it is damaged.</summary>
    public abstract string Key { get; }

    /// <summary>Its place among those of its kind: the oldest first.</summary>
    public abstract long Place { get; }

    /// <summary>Bytes that count against the round's budget.</summary>
    public abstract long Bytes { get; }

    /// <summary>Reads it with all its checks, encodes it again, and reads that back.</summary>
    /// <param name="view">The snapshot that it was found in.</param>
    /// <param name="context">What encoding takes.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <returns>Whether there is something to write; otherwise it stays as it is.</returns>
    /// <exception cref="Errors.FishException">It, or something that it is read with, is damaged.</exception>
    public abstract bool Prepare(ICatalogView view, RecodeContext context, CancellationToken cancellationToken);

    /// <summary>The frames that were prepared to take the place of stored ones.</summary>
    public abstract IEnumerable<NewFrame> NewFrames { get; }

    /// <summary>Puts in place what was prepared; in the caller's transaction, which may run twice.</summary>
    /// <returns><see langword="false"/>: it was deleted or replaced meanwhile, and nothing is written.</returns>
    public abstract bool Write(ICatalogWriter writer);

    public abstract void Dispose();
}
