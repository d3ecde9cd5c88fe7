namespace FishCheckpoint.Durability.Power;

/// <summary>A disk on which recorded calls are done again, one by one: it knows what is durable and what is not.</summary>
/// <param name="weakness">What it leaves undone.</param>
public sealed class Disk(Weakness weakness = Weakness.None)
{
    private readonly Dictionary<int, object> open = [];
    private readonly HashSet<int> syncing = [];
    private List<NameChange> pending = [];
    private int calls;

    /// <summary>The folder that was recorded.</summary>
    public DiskFolder Root { get; } = new();

    /// <summary>Takes in a folder as it lies there, all of it durable.</summary>
    public void Load(string path) => Load(path, Root);

    /// <summary>Does a call.</summary>
    public void Do(DiskEvent call)
    {
        calls++;
        switch (call.Kind)
        {
            case DiskEventKind.Open:
                Open(call);
                break;
            case DiskEventKind.Close:
                open.Remove(call.File);
                syncing.Remove(call.File);
                break;
            case DiskEventKind.Write when open[call.File] is DiskFile file:
                file.Write(call.Place, call.Data);
                if (syncing.Contains(call.File))
                {
                    Sync(file);
                }

                break;
            case DiskEventKind.Size when open[call.File] is DiskFile file:
                file.SetSize(call.Place);
                break;
            case DiskEventKind.Sync:
                Sync(open[call.File]);
                break;
            case DiskEventKind.MakeFolder:
                Change(call.First, new DiskFolder());
                break;
            case DiskEventKind.Rename:
                Change(call.Second, At(call.First));
                Change(call.First, null, isLeft: true);
                break;
            case DiskEventKind.Link:
                Change(call.Second, At(call.First));
                break;
            case DiskEventKind.Unlink:
                Change(call.First, null);
                break;
        }
    }

    /// <summary>The names that a disk may hold after a loss of power.</summary>
    public Dictionary<DiskFolder, Dictionary<string, object>> Survivors(SurvivalDraw draw)
    {
        var folders = new Dictionary<DiskFolder, Dictionary<string, object>>();
        var survives = Drawn(draw);
        foreach (var change in pending.Where((change, index) => survives[index]))
        {
            change.Apply(Names(folders, change.Folder));
        }

        return folders;
    }

    private static Dictionary<string, object> Names(Dictionary<DiskFolder, Dictionary<string, object>> folders, DiskFolder folder)
    {
        if (!folders.TryGetValue(folder, out var names))
        {
            folders.Add(folder, names = new Dictionary<string, object>(folder.Durable, StringComparer.Ordinal));
        }

        return names;
    }

    private bool[] Drawn(SurvivalDraw draw)
    {
        var (survives, arriving) = (new bool[pending.Count], new Dictionary<int, bool>());
        var last = pending.Count == 0 ? 0 : pending[draw.Next(pending.Count)].Call;
        var lastOf = new Dictionary<DiskFolder, int>();
        for (var index = 0; index < pending.Count; index++)
        {
            var change = pending[index];
            if (!lastOf.TryGetValue(change.Folder, out var end))
            {
                var own = pending.Where(other => other.Folder == change.Folder).ToArray();
                var count = draw.Next(own.Length + 1);
                lastOf.Add(change.Folder, end = count == own.Length ? int.MaxValue : own[count].Call);
            }

            survives[index] = draw.Names switch
            {
                NameSurvival.None => false,
                NameSurvival.All => true,
                NameSurvival.Journal => change.IsInJournal || change.Call <= last,
                NameSurvival.BeginningOfFolder => change.Call < end,
                _ => draw.Survives(),
            } || (draw.SyncKeepsOwnName && change.IsNodeSynced);
            if (change.Node is not null)
            {
                arriving[change.Call] = survives[index];
            }
            else if (change.IsLeft)
            {
                // A file that moves is in one of the two places at least; in one alone, where that is one step.
                survives[index] = arriving.GetValueOrDefault(change.Call, true) && (survives[index] || draw.IsRenameOneStep);
            }
        }

        return survives;
    }

    private void Open(DiskEvent call)
    {
        var node = Find(call.First);
        if (node is null && call.Creates)
        {
            Change(call.First, node = new DiskFile());
        }
        else if (node is DiskFile file && call.Empties)
        {
            file.SetSize(0);
        }

        open[call.File] = node ?? throw new InvalidDataException($"The record opens '{call.First}', which it never made.");
        if (call.Syncs)
        {
            syncing.Add(call.File);
        }
    }

    private void Sync(object node)
    {
        if (weakness == (node is DiskFile ? Weakness.FileSyncs : Weakness.FolderSyncs))
        {
            return;
        }

        pending.ForEach(change => change.IsInJournal = true);
        if (node is DiskFile file)
        {
            file.Sync();
            pending.ForEach(change => change.IsNodeSynced |= change.Node == node);
            return;
        }

        // With the name that a file leaves, the one that it takes in another folder is durable too.
        var left = pending.Where(change => change.Folder == node && change.IsLeft).Select(change => change.Call).ToHashSet();
        var kept = new List<NameChange>();
        foreach (var change in pending)
        {
            if (change.Folder == node || (change.Node is not null && left.Contains(change.Call)))
            {
                change.Apply(change.Folder.Durable);
            }
            else
            {
                kept.Add(change);
            }
        }

        pending = kept;
    }

    private void Change(string path, object? node, bool isLeft = false)
    {
        var (folder, name) = Place(path);
        var change = new NameChange(calls, folder, name, node, isLeft);
        change.Apply(folder.Now);
        pending.Add(change);
    }

    private object At(string path) => Find(path) ?? throw new InvalidDataException($"The record has no '{path}'.");

    private object? Find(string path)
    {
        object? node = Root;
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            node = (node as DiskFolder)?.Now.GetValueOrDefault(name);
        }

        return node;
    }

    private (DiskFolder Folder, string Name) Place(string path) => At(Path.GetDirectoryName(path)!) is DiskFolder folder
        ? (folder, Path.GetFileName(path)) : throw new InvalidDataException($"'{path}' lies in no folder.");

    private static void Load(string path, DiskFolder folder)
    {
        foreach (var entry in new DirectoryInfo(path).EnumerateFileSystemInfos())
        {
            object node = entry is DirectoryInfo ? new DiskFolder() : new DiskFile(File.ReadAllBytes(entry.FullName));
            folder.Now.Add(entry.Name, node);
            folder.Durable.Add(entry.Name, node);
            if (node is DiskFolder inner)
            {
                Load(entry.FullName, inner);
            }
        }
    }
}
