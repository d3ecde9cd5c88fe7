using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Bench;

/// <summary>The size of the same checkpoint by the simplest methods.</summary>
/// <param name="Dense">All values.</param>
/// <param name="DenseZstd">All values, compressed by Zstandard at level 1 in pieces of 4 MiB.</param>
/// <param name="IndexAndValue">For each changed value its index, of 4 bytes (8 in a tensor of more than 2^31 values), and its bits.</param>
internal sealed record Yardsticks(long Dense, long DenseZstd, long IndexAndValue)
{
    private const int Piece = 4 * Blocks.Size;

    public static Yardsticks Of(BenchPair pair, IReadOnlyList<long> changes, CancellationToken cancellation) => new(
        pair.Layout.Bytes, Compressed(pair.After, cancellation),
        pair.Layout.Tensors.Zip(changes)
            .Sum(tensor => tensor.Second * (tensor.First.UnitSize + (tensor.First.Units > int.MaxValue ? sizeof(long) : sizeof(int)))));

    private static long Compressed(IBlockReader model, CancellationToken cancellation)
    {
        var (piece, room, filled, total) = (new byte[Piece + Blocks.Size], new byte[Piece + Blocks.Size], 0, 0L);
        for (var tensor = 0; tensor < model.Layout.Tensors.Count; tensor++)
        {
            var info = model.Layout.Tensors[tensor];
            for (var block = 0L; block < Blocks.CountOf(info); block++)
            {
                cancellation.ThrowIfCancellationRequested();
                var length = Blocks.LengthOf(info, block);
                model.ReadBlock(tensor, block, piece.AsSpan(filled, length));
                filled += length;
                if (filled >= Piece)
                {
                    Flush();
                }
            }
        }

        Flush();
        return total;

        void Flush()
        {
            Compressor.Compress(Compression.Zstd, 1, piece.AsSpan(0, filled), room, out var written);
            (total, filled) = (total + written, 0);
        }
    }
}
