using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>Frames in the database: a head, and pieces of a few chunks each.</summary>
internal sealed class FrameTable(CatalogConnection connection) : IFrameChanges
{
    // Large enough to be few, small enough that reading a single chunk is cheap.
    private const int PieceLength = 1 << 18;

    // The largest payload of frames that are loaded together, and their largest sum.
    private const int SmallPayload = 1 << 16;
    private const int MaxTogether = 1 << 22;

    // The columns of an opened frame, from frames f.
    private const string Columns = "f.id, f.head, f.payload";

    public long Insert(NewFrame frame)
    {
        var id = connection.Insert(
            "INSERT INTO frames (head, payload) VALUES ($0, $1)", frame.Content.Head.ToArray(), frame.Content.PayloadLength);
        InsertPieces(id, frame);
        return id;
    }

    public void Replace(long id, NewFrame frame)
    {
        connection.Discard("DELETE FROM pieces WHERE frame = $0", id);
        connection.Discard(
            "INSERT INTO frames (id, head, payload) VALUES ($0, $1, $2) ON CONFLICT (id) DO UPDATE SET head = $1, payload = $2",
            id, frame.Content.Head.ToArray(), frame.Content.PayloadLength);
        InsertPieces(id, frame);
    }

    public IFrame Open(long id, bool one = true) => Named(id, () => connection.Single(
        $"SELECT {Columns} FROM frames f WHERE f.id = $0", row => new StoredFrame(connection, row, holdsPiece: one, new Siblings()), id))
            ?? throw Missing(id);

    public IReadOnlyDictionary<long, IFrame> OpenAll(IEnumerable<long> ids, bool few = true)
    {
        var (distinct, siblings, found) = (ids.Distinct().ToList(), new Siblings(), new Dictionary<long, IFrame>());
        try
        {
            foreach (var (list, batch) in CatalogConnection.In(distinct))
            {
                foreach (var frame in connection.Query(
                    $"SELECT {Columns} FROM frames f WHERE f.id IN {list}", row => new StoredFrame(connection, row, few, siblings), batch))
                {
                    found.Add(frame.Id, frame);
                }
            }
        }
        catch (CatalogException)
        {
            // Reading one at a time shows which one is damaged.
            return distinct.ToDictionary(id => id, id => Open(id, few));
        }

        return found.Count == distinct.Count ? found : throw Missing(distinct.First(id => !found.ContainsKey(id)));
    }

    public IFrame? OpenMask(Digest mask) => Named($"of the mask {mask}", () => connection.Single(
        $"SELECT {Columns} FROM masks m JOIN frames f ON f.id = m.frame WHERE m.id = $0",
        row => new StoredFrame(connection, row, holdsPiece: true, new Siblings()), mask));

    public void Delete(long id) => connection.Discard("DELETE FROM frames WHERE id = $0", id);

    public List<(long Position, long Length)> Pieces(long id) => connection.Query(
        "SELECT position, length(data) FROM pieces WHERE frame = $0 ORDER BY position", row => (row.GetInt64(0), row.GetInt64(1)), id);

    // Damaged pages are reported as damage of this frame; the reader knows what it belongs to.
    private static T Named<T>(object id, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (CatalogException error) when (error.Fault == CatalogFault.Damaged)
        {
            throw new FishException(ErrorCode.CorruptFrame, $"frame {id}", error.Refusal.Cause, "Verify the store.", error);
        }
        catch (CatalogException error)
        {
            throw error.Refusal;
        }
    }

    private void InsertPieces(long id, NewFrame frame)
    {
        var chunks = frame.Chunks;
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
            frame.Content.ReadPayload(start, data);
            connection.Execute("INSERT INTO pieces (frame, position, data) VALUES ($0, $1, $2)", id, start, data);
        }
    }

    private static FishException Missing(long id) =>
        new(ErrorCode.CorruptStore, $"frame {id}", "A frame is missing.", "Verify the store, and restore from a backup.");

    // Frames that were opened together. Reading a second one loads all small ones.
    private sealed class Siblings
    {
        private readonly List<StoredFrame> small = [];
        private bool isFirst = true;

        public void Add(StoredFrame frame)
        {
            if (frame.PayloadLength is > 0 and <= SmallPayload)
            {
                small.Add(frame);
            }
        }

        public void Load(CatalogConnection connection, StoredFrame frame)
        {
            if (isFirst || !small.Contains(frame))
            {
                isFirst = false;
                return;
            }

            var (together, bytes) = (new Dictionary<long, StoredFrame>(), 0L);
            foreach (var next in small.Where(other => !other.HasPiece).TakeWhile(other => (bytes += other.PayloadLength) <= MaxTogether))
            {
                together.Add(next.Id, next);
            }

            small.RemoveAll(other => together.ContainsKey(other.Id));
            try
            {
                foreach (var (list, batch) in CatalogConnection.In(together.Keys))
                {
                    foreach (var (id, piece) in connection.Query(
                        $"SELECT frame, data FROM pieces WHERE frame IN {list} AND position = 0", row => (row.GetInt64(0), row.Bytes(1)),
                        batch))
                    {
                        together[id].Hold(piece);
                    }
                }
            }
            catch (CatalogException)
            {
                // Each is then read separately and reports its own damage.
            }
        }
    }

    private sealed class StoredFrame : IFrame
    {
        private readonly CatalogConnection connection;
        private readonly byte[] head;
        private readonly bool holdsPiece;
        private readonly Siblings siblings;
        private long pieceStart;
        private byte[] piece = [];

        public StoredFrame(CatalogConnection connection, CatalogRow row, bool holdsPiece, Siblings siblings)
        {
            (this.connection, this.holdsPiece, this.siblings) = (connection, holdsPiece, siblings);
            (Id, head, PayloadLength) = (row.GetInt64(0), row.Bytes(1), row.GetInt64(2));
            if (holdsPiece)
            {
                siblings.Add(this);
            }
        }

        public long Id { get; }

        public bool HasPiece => piece.Length > 0;

        public ReadOnlyMemory<byte> Head => head;

        public long PayloadLength { get; }

        public void Hold(byte[] all) => (pieceStart, piece) = (0, all);

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

                if (!Has(offset))
                {
                    siblings.Load(connection, this);
                }

                if (!Has(offset))
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

        private bool Has(long offset) => offset >= pieceStart && offset < pieceStart + piece.Length;

        private int ReadPart(long offset, Span<byte> destination)
        {
            var length = destination.Length;
            var part = Named(Id, () => connection.Single(
                """
                SELECT substr(data, CAST($1 - position + 1 AS integer), CAST($2 AS integer)) FROM pieces
                WHERE frame = $0 AND position <= $1 ORDER BY position DESC LIMIT 1
                """,
                row => row.Bytes(0), Id, offset, length));
            if (part is not { Length: > 0 })
            {
                throw MissingPiece(offset);
            }

            part.CopyTo(destination);
            return part.Length;
        }

        private void Load(long offset)
        {
            var found = Named(Id, () => connection.Single(
                "SELECT position, data FROM pieces WHERE frame = $0 AND position <= $1 ORDER BY position DESC LIMIT 1",
                row => Tuple.Create(row.GetInt64(0), row.Bytes(1)), Id, offset));
            if (found is null || offset >= found.Item1 + found.Item2.Length)
            {
                throw MissingPiece(offset);
            }

            (pieceStart, piece) = found;
        }

        private FishException MissingPiece(long offset) =>
            new(ErrorCode.CorruptFrame, $"frame {Id}", $"The piece at {offset} is missing.", "Verify the store.");
    }
}
