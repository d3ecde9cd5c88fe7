using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Maintenance.Verification;

/// <summary>
/// Verifies frames of values with one mask and one parent, chunk by chunk over all frames, so that positions and the parent's values are
/// read once.
/// </summary>
internal static class MaskedCheck
{
    /// <summary>Verifies all frames.</summary>
    /// <param name="mask">The mask's frame.</param>
    /// <param name="frames">The frames, without prediction from each other.</param>
    /// <param name="layout">The layout of the positions.</param>
    /// <param name="parent">The parent of all frames.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    public static void Run(
        IFrame mask, IReadOnlyList<CheckedFrame> frames, Layout layout, IBlockReader parent, CancellationToken cancellationToken = default)
    {
        var (around, room) =
            (new Surroundings(mask, MaskIndex.Begin(mask, frames, layout), layout, parent), new byte[DeltaChunk.Capacity * sizeof(ulong)]);
        var (coder, encoded) = (new ChunkCoder(), new byte[ChunkCoder.MaxEncoded]);
        for (var chunk = 0; chunk < MaskIndex.ChunksOf(frames); chunk++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var frame in frames)
            {
                Check(frame, chunk);
            }
        }

        foreach (var frame in frames)
        {
            frame.Finish();
        }

        void Check(CheckedFrame frame, int chunk) => frame.Try(() =>
        {
            if (chunk >= frame.Entries.Length)
            {
                return;
            }

            var bytes = ChunkIndex.ReadChunk(frame.Frame, frame.Entries[chunk], encoded);
            if (!frame.CanDecode)
            {
                return;
            }

            var type = around.TypeOf(chunk);
            var values = room.AsSpan(0, around.BytesOf(chunk));
            var map = coder.DecodeValues(bytes, DTypes.UnitSizeOf(type), values);
            if (map != ValueMap.Plain)
            {
                if (!around.TryRead(chunk))
                {
                    frame.StopDecoding();
                    return;
                }

                ValueMaps.Unmap(map, type, values, around.ParentValues(chunk), values);
            }

            frame.Add(values);
        });
    }

    // The positions of the current chunk and the parent's values there, read when the first frame needs them.
    private sealed class Surroundings(IFrame mask, ChunkEntry[] entries, Layout layout, IBlockReader parent)
    {
        private readonly ChunkCoder coder = new();
        private readonly byte[] encoded = new byte[ChunkCoder.MaxEncoded];
        private readonly long[] positions = new long[DeltaChunk.Capacity];
        private readonly byte[] values = new byte[DeltaChunk.Capacity * sizeof(ulong)];
        private readonly ParentValues parentValues = new(parent);
        private int loaded = -1;
        private bool failed;

        public DType TypeOf(int chunk) => layout.Tensors[entries[chunk].Tensor].Type;

        public int BytesOf(int chunk) => entries[chunk].Count * DTypes.UnitSizeOf(TypeOf(chunk));

        public ReadOnlySpan<byte> ParentValues(int chunk) => values.AsSpan(0, BytesOf(chunk));

        /// <summary>Reads them; <see langword="false"/> if the mask or the parent is damaged there.</summary>
        public bool TryRead(int chunk)
        {
            if (loaded == chunk)
            {
                return !failed;
            }

            (loaded, failed) = (chunk, false);
            try
            {
                var entry = entries[chunk];
                var all = positions.AsSpan(0, entry.Count);
                coder.DecodePositions(ChunkIndex.ReadChunk(mask, entry, encoded), entry.First, entry.Last, all);
                parentValues.Gather(entry.Tensor, all, values.AsSpan(0, BytesOf(chunk)));
            }
            catch (FishException)
            {
                failed = true;
            }

            return !failed;
        }
    }
}
