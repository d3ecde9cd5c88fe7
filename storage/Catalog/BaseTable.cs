using System.Runtime.InteropServices;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>The rows of bases, their names and their files.</summary>
internal sealed class BaseTable(CatalogConnection connection) : IBaseChanges
{
    private const string Columns = "b.id, b.layout, b.tensors, b.elements, b.bytes, b.created";

    public bool Insert(string name, BaseContent content, DateTimeOffset now)
    {
        if (IdOf(name) == content.Id)
        {
            return false;
        }

        if (!Exists(content.Id))
        {
            InsertContent(content, now);
        }

        connection.Execute("INSERT INTO base_names (name, base) VALUES ($0, $1)", name, content.Id);
        return true;
    }

    public void RequireName(string name, Digest id)
    {
        if (IdOf(name) is { } taken && taken != id)
        {
            throw new FishException(
                ErrorCode.BaseTaken, name, $"The name belongs to the base {taken}; this content is {id}.", "Choose another name.");
        }
    }

    public RemovedBase Remove(string name)
    {
        var id = IdOf(name) ?? throw new FishException(
            ErrorCode.BaseNotFound, name, "No base has this name.", "List the bases, and name the base instead of its id.");
        connection.Execute("DELETE FROM base_names WHERE name = $0", name);
        var others = connection.Query("SELECT name FROM base_names WHERE base = $0 ORDER BY name", row => row.GetString(0), id);
        if (others.Count > 0)
        {
            return new RemovedBase(name, id, false, others, 0);
        }

        RequireUnused(name, id);
        var bytes = connection.Scalar<long>("SELECT coalesce(sum(coalesce(stored, bytes)), 0) FROM base_files WHERE base = $0", id);
        connection.Execute("DELETE FROM base_files WHERE base = $0", id);
        connection.Execute("DELETE FROM bases WHERE id = $0", id);
        return new RemovedBase(name, id, true, [], bytes);
    }

    public IReadOnlyList<UnusedBase> Unused(int most) => connection.Query(
        """
        SELECT (SELECT min(name) FROM base_names n WHERE n.base = b.id), b.id,
          (SELECT coalesce(sum(coalesce(stored, bytes)), 0) FROM base_files f WHERE f.base = b.id)
        FROM bases b WHERE NOT EXISTS (SELECT 1 FROM tasks t WHERE t.base = b.id) ORDER BY 3 DESC, 1 LIMIT $0
        """,
        row => new UnusedBase(row.OptionalText(0) ?? "", row.Digest(1), row.GetInt64(2)), most);

    private void RequireUnused(string name, Digest id)
    {
        const int MaxListed = 10;
        var tasks = connection.Query(
            "SELECT coalesce(former_name || ' (deleted)', name) FROM tasks WHERE base = $0 ORDER BY former_name IS NOT NULL, 1 LIMIT $1",
            row => row.GetString(0), id,
            MaxListed + 1);
        if (tasks.Count > 0)
        {
            throw new FishException(
                ErrorCode.BaseInUse, name,
                $"The base has the tasks {string.Join(", ", tasks.Take(MaxListed))}{(tasks.Count > MaxListed ? " and others" : "")}.",
                "Delete these tasks first (fishckpt rm TASK --all), and end the grace of deleted ones (fishckpt gc --now).");
        }
    }

    public bool Exists(Digest id) =>
        connection.Scalar<long>("SELECT count(*) FROM bases WHERE id = $0", id) > 0;

    public Digest Resolve(string nameOrId) => Find(nameOrId) ?? throw new FishException(
        ErrorCode.BaseNotFound, nameOrId.Length <= 128 ? nameOrId : nameOrId[..128], "There is no such base.",
        "Add it first, or list the bases.");

    public Digest? Find(string nameOrId) => IdOf(nameOrId)
        ?? (Digest.TryParse(nameOrId, out var id) && Exists(id) ? id : null);

    public BaseInfo Info(Digest id, string? name)
    {
        name ??= connection.Scalar<string>("SELECT min(name) FROM base_names WHERE base = $0", id);
        var files = connection.Query(
            "SELECT name, bytes, sha256 FROM base_files WHERE base = $0 ORDER BY name",
            row => new BaseFileInfo(row.GetString(0), row.GetInt64(1), row.Digest(2)), id);
        return connection.Single($"SELECT {Columns} FROM bases b WHERE b.id = $0", row => Read(row, name, files), id)!;
    }

    public Page<BaseInfo> List(PageRequest page)
    {
        var rows = connection.Query(
            "SELECT name, base FROM base_names WHERE name > $0 ORDER BY name LIMIT $1",
            row => (Name: row.GetString(0), Id: row.Digest(1)), page.After ?? "", page.Limit + 1);
        var items = rows.Take(page.Limit).Select(row => Info(row.Id, row.Name)).ToArray();
        return new Page<BaseInfo>(items, rows.Count > page.Limit ? items[^1].Name : null);
    }

    public string NameOf(Digest id) =>
        connection.Scalar<string>("SELECT min(name) FROM base_names WHERE base = $0", id);

    public BaseContent Content(Digest id) => new(id, connection.Query(
        "SELECT name, bytes, sha256, header, crcs FROM base_files WHERE base = $0 ORDER BY name",
        row => new BaseFile(
            row.GetString(0), row.GetInt64(1), row.Digest(2),
            row.IsDBNull(3) ? null : HeaderSet.Decompress(row.Bytes(3), row.GetString(0)), FromBytes(row.Bytes(4))),
        id));

    private Digest? IdOf(string name) =>
        connection.Scalar<byte[]?>("SELECT base FROM base_names WHERE name = $0", name) is { } id ? Digest.From(id) : null;

    public void InsertRow(BaseContent content, DateTimeOffset now)
    {
        var layout = content.Files.Layout;
        connection.Execute(
            "INSERT INTO bases (id, layout, tensors, elements, bytes, created) VALUES ($0, $1, $2, $3, $4, $5)",
            content.Id, layout.Id, layout.Tensors.Count, layout.Elements, content.AllFiles.Sum(file => file.Bytes), now);
    }

    private void InsertContent(BaseContent content, DateTimeOffset now)
    {
        InsertRow(content, now);
        foreach (var file in content.AllFiles)
        {
            connection.Execute(
                "INSERT INTO base_files (base, name, bytes, sha256, header, crcs) VALUES ($0, $1, $2, $3, $4, $5)",
                content.Id, file.Name, file.Bytes, file.Sha256, file.Header is null ? null : HeaderSet.Compress(file.Header.Json.Span),
                ToBytes(file.Crcs));
        }
    }

    private static byte[] ToBytes(uint[] crcs) => MemoryMarshal.AsBytes<uint>(crcs).ToArray();

    private static uint[] FromBytes(byte[] bytes) => MemoryMarshal.Cast<byte, uint>(bytes).ToArray();

    private static BaseInfo Read(CatalogRow row, string name, IReadOnlyList<BaseFileInfo> files) => new(
        name, row.Digest(0), row.Digest(1), row.GetInt32(2), row.GetInt64(3), row.GetInt64(4), files, row.Time(5));

    public void SetAddedBy(Digest id, string key) =>
        connection.Execute("UPDATE bases SET added_by = $1 WHERE id = $0", id, key);

    public List<(Digest Base, string Name)> FilesOf(Digest id) =>
        connection.Query("SELECT base, name FROM base_files WHERE base = $0", row => (row.Digest(0), row.GetString(1)), id);

    public List<(Digest Base, string Name)> Unmeasured() =>
        connection.Query("SELECT base, name FROM base_files WHERE stored IS NULL", row => (row.Digest(0), row.GetString(1)));

    public void SetStored(Digest id, string file, long bytes) => connection.Execute(
        "UPDATE base_files SET stored = $2 WHERE base = $0 AND name = $1 AND stored IS DISTINCT FROM $2", id, file, bytes);
}
