using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Questions about frames: the bytes of masks, values, trainer states and side files.</summary>
internal interface IFrameRows
{
    /// <summary>Opens a stored frame; it reads through the connection, which stays open as long.</summary>
    /// <param name="id">Its row.</param>
    /// <param name="one">Whether it is one of few that are open: it then holds the piece that it read last, which has the next chunks
    /// too.</param>
    IFrame Open(long id, bool one = true);

    /// <summary>Opens frames that are read together, by one query, and their pieces, where they are small, by another.</summary>
    /// <param name="ids">Their rows.</param>
    /// <param name="few">Whether they are few: see <see cref="Open"/>.</param>
    IReadOnlyDictionary<long, IFrame> OpenAll(IEnumerable<long> ids, bool few = true);

    /// <summary>The frame of a stored mask; <see langword="null"/> where no frame of it is stored.</summary>
    IFrame? OpenMask(Digest mask);

    /// <summary>Where each piece of a frame begins, and its bytes.</summary>
    List<(long Position, long Length)> Pieces(long id);
}

/// <summary>Changes frames: the bytes of masks, values, trainer states and side files.</summary>
internal interface IFrameChanges : IFrameRows
{
    /// <summary>Stores a frame and returns its row.</summary>
    long Insert(NewFrame frame);

    /// <summary>Puts a frame in the place of a stored one.</summary>
    void Replace(long id, NewFrame frame);

    void Delete(long id);
}
