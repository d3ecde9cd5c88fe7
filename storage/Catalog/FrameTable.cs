using FishCheckpoint.Codec;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>Frames in the database: a head, and pieces of a few chunks each.</summary>
internal static class FrameTable
{
    // Large enough to be few, small enough that one read for a single chunk is cheap.
    private const int PieceLength = 1 << 18;

    /// <summary>Stores a frame and returns its row.</summary>
    public static long Insert(CatalogConnection connection, IFrame frame, IReadOnlyList<ChunkEntry> chunks)
    {
        var id = connection.Insert("INSERT INTO frames (head, payload) VALUES ($0, $1)", frame.Head.ToArray(), frame.PayloadLength);
        InsertPieces(connection, id, frame, chunks);
        return id;
    }

    /// <summary>Puts a frame in the place of a stored one.</summary>
    public static void Replace(CatalogConnection connection, long id, IFrame frame, IReadOnlyList<ChunkEntry> chunks)
    {
        connection.Discard("DELETE FROM pieces WHERE frame = $0", id);
        connection.Discard(
            "INSERT INTO frames (id, head, payload) VALUES ($0, $1, $2) ON CONFLICT (id) DO UPDATE SET head = $1, payload = $2",
            id, frame.Head.ToArray(), frame.PayloadLength);
        InsertPieces(connection, id, frame, chunks);
    }

    /// <summary>Opens a stored frame; it reads through the connection, which stays open as long.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="id">Its row.</param>
    /// <param name="one">Whether it is one of few that are open: it then holds the piece that it read last, which has the next chunks too.</param>
    public static IFrame Open(CatalogConnection connection, long id, bool one = true) => Named(id, () =>
        connection.Single("SELECT head, payload FROM frames WHERE id = $0", row => new StoredFrame(connection, id, row.Bytes(0), row.GetInt64(1), one), id))
            ?? throw new FishException(ErrorCode.CorruptStore, $"frame {id}", "A frame is missing.", "Run a verification, and restore from a backup.");

    public static void Delete(CatalogConnection connection, long id) => connection.Discard("DELETE FROM frames WHERE id = $0", id);

    /// <summary>Bytes that a frame takes: head and payload.</summary>
    public static long SizeOf(IFrame frame) => frame.Head.Length + frame.PayloadLength;

    // Damaged pages are this frame's damage: what reads it says whose that is.
    private static T Named<T>(long id, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (CatalogException error) when (error.Fault == CatalogFault.Damaged)
        {
            throw new FishException(ErrorCode.CorruptFrame, $"frame {id}", error.Refusal.Cause, "Run a verification.", error);
        }
        catch (CatalogException error)
        {
            throw error.Refusal;
        }
    }

    private static void InsertPieces(CatalogConnection connection, long id, IFrame frame, IReadOnlyList<ChunkEntry> chunks)
    {
        for (var index = 0; index < chunks.Count;)
        {
            var start = chunks[index].Offset;
            var end = start;
            while (index < chunks.Count && (end == start || chunks[index].Offset + chunks[index].Length - start <= PieceLength))
            {
                end = chunks[index].Offset + chunks[index].Length;
                index++;
            }

            var data = new byte[end - start];
            frame.ReadPayload(start, data);
            connection.Execute("INSERT INTO pieces (frame, position, data) VALUES ($0, $1, $2)", id, start, data);
        }
    }

    private sealed class StoredFrame(CatalogConnection connection, long id, byte[] head, long payloadLength, bool holdsPiece) : IFrame
    {
        private long pieceStart;
        private byte[] piece = [];

        public ReadOnlyMemory<byte> Head => head;

        public long PayloadLength => payloadLength;

        public void ReadPayload(long offset, Span<byte> destination)
        {
            while (destination.Length > 0)
            {
                if (!holdsPiece)
                {
                    var read = ReadPart(offset, destination);
                    offset += read;
                    destination = destination[read..];
                    continue;
                }

                if (offset < pieceStart || offset >= pieceStart + piece.Length)
                {
                    Load(offset);
                }

                var part = piece.AsSpan((int)(offset - pieceStart));
                part = part[..Math.Min(part.Length, destination.Length)];
                part.CopyTo(destination);
                offset += part.Length;
                destination = destination[part.Length..];
            }
        }

        private int ReadPart(long offset, Span<byte> destination)
        {
            var length = destination.Length;
            var part = Named(id, () => connection.Single(
                "SELECT substr(data, $1 - position + 1, $2) FROM pieces WHERE frame = $0 AND position <= $1 ORDER BY position DESC LIMIT 1",
                row => row.Bytes(0), id, offset, length));
            if (part is not { Length: > 0 })
            {
                throw Missing(offset);
            }

            part.CopyTo(destination);
            return part.Length;
        }

        private void Load(long offset)
        {
            var found = Named(id, () => connection.Single(
                "SELECT position, data FROM pieces WHERE frame = $0 AND position <= $1 ORDER BY position DESC LIMIT 1",
                row => Tuple.Create(row.GetInt64(0), row.Bytes(1)), id, offset));
            if (found is null || offset >= found.Item1 + found.Item2.Length)
            {
                throw Missing(offset);
            }

            (pieceStart, piece) = found;
        }

        private FishException Missing(long offset) => new(ErrorCode.CorruptFrame, $"frame {id}", $"The piece at {offset} is missing.", "Run a verification.");
    }
}
