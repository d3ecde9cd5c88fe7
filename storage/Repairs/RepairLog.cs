using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>Records what was rebuilt and what was lost, and saves the remains of the latter.</summary>
internal sealed class RepairLog(string folder)
{
    private readonly string quarantine = Path.Combine(folder, "quarantine");

    public List<string> Rebuilt { get; } = [];

    public List<QuarantinedItem> Quarantined { get; } = [];

    public HashSet<string> Lost { get; } = new(StringComparer.Ordinal);

    public void Drop(string key, string problem, IReadOnlyList<string> affected, IReadOnlyList<string> files)
    {
        Lost.UnionWith(affected);
        Quarantined.Add(new QuarantinedItem(key, problem, affected, files));
    }

    /// <summary>Saves the readable parts of a frame: its head, and its pieces at their positions.</summary>
    public string? Quarantine(CatalogConnection connection, long frame)
    {
        var name = $"frame-{frame}";
        try
        {
            using var file =
                new FileStream(Path.Combine(Directory.CreateDirectory(quarantine).FullName, name), FileMode.Create, FileAccess.Write);
            var stored = connection.Rows.Frames.Open(frame);
            file.Write(stored.Head.Span);
            foreach (var (position, data) in PiecesOf(connection, frame))
            {
                file.Position = stored.Head.Length + position;
                file.Write(data);
            }

            return name;
        }
        catch (Exception error) when (Problems.IsDamage(error))
        {
            return null;
        }
    }

    /// <summary>Saves a damaged file.</summary>
    public string? Quarantine(string path, string name)
    {
        try
        {
            File.Copy(path, Path.Combine(Directory.CreateDirectory(quarantine).FullName, name), overwrite: true);
            return name;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Writes the manifest if anything was lost.</summary>
    public RepairReport Finish(long checkpoints)
    {
        var report = new RepairReport(checkpoints, Lost.Count, Rebuilt, Quarantined);
        if (Quarantined.Count > 0)
        {
            using var manifest = AtomicFile.Create(Path.Combine(Directory.CreateDirectory(quarantine).FullName, "manifest.json"));
            JsonSerializer.Serialize(manifest.Stream, report, FishJson.Options);
            manifest.Commit();
        }

        return report;
    }

    private static IEnumerable<(long Position, byte[] Data)> PiecesOf(CatalogConnection connection, long frame) => connection
        .Query("SELECT position FROM pieces WHERE frame = $0 ORDER BY position", row => row.GetInt64(0), frame)
        .Select(position =>
            (position, connection.Scalar<byte[]>("SELECT data FROM pieces WHERE frame = $0 AND position = $1", frame, position)));
}
