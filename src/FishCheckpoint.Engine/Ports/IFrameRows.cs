using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Reads frames: the bytes of masks, values, trainer states and side files.</summary>
internal interface IFrameRows
{
    /// <summary>Opens a stored frame, which reads through this connection.</summary>
    /// <param name="id">Its row.</param>
    /// <param name="one">Whether few frames are open: each then caches the piece that it read last, which holds the next chunks
    /// too.</param>
    IFrame Open(long id, bool one = true);

    /// <summary>Opens frames that are read together: one query for the frames, and one for their pieces if these are small.</summary>
    /// <param name="ids">Their rows.</param>
    /// <param name="few">Whether few frames are open: see <see cref="Open"/>.</param>
    IReadOnlyDictionary<long, IFrame> OpenAll(IEnumerable<long> ids, bool few = true);

    /// <summary>The frame of a mask; <see langword="null"/> if none is stored.</summary>
    IFrame? OpenMask(Digest mask);

    /// <summary>The position and length of each piece of a frame.</summary>
    List<(long Position, long Length)> Pieces(long id);
}

/// <summary>Changes frames: the bytes of masks, values, trainer states and side files.</summary>
internal interface IFrameChanges : IFrameRows
{
    /// <summary>Stores a frame and returns its row.</summary>
    long Insert(NewFrame frame);

    /// <summary>Replaces a stored frame.</summary>
    void Replace(long id, NewFrame frame);

    void Delete(long id);
}
