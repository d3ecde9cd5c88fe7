using System.Text.Json;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Durability.Following;

/// <summary>Looks at a folder that is pulled into, as one who reads the model does, and says what must not be.</summary>
internal sealed class PulledLook(string folder, FollowedTask task)
{
    private const int Tries = 3;
    private long seen;

    private string Model => Path.Combine(folder, "current", ModelFiles.SingleFileName);

    /// <summary>The step that was seen last.</summary>
    public long Seen => seen;

    /// <summary>Reads the model that is pointed at.</summary>
    /// <returns>What is wrong; <see langword="null"/>: nothing.</returns>
    public string? Look()
    {
        if (new FileInfo(Path.Combine(folder, "current")).LinkTarget is null)
        {
            return seen == 0 ? null : $"the pointer is gone, after step {seen}";
        }

        for (var tries = 1; ; tries++)
        {
            try
            {
                return Check(Digest.Of(File.ReadAllBytes(Model)));
            }
            catch (IOException error)
            {
                // The folder may go between the link and the file, if the pointer has moved twice meanwhile.
                if (tries == Tries)
                {
                    return $"the pointer leads nowhere: {error.Message}";
                }
            }
        }
    }

    /// <summary>Looks while nobody moves anything: what the folder says of itself is so.</summary>
    public string? LookAtRest()
    {
        if (Look() is { } wrong || seen == 0)
        {
            return Look();
        }

        using var manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "current", ".fish.json")));
        var file = manifest.RootElement.GetProperty("files").EnumerateArray().Single();
        var bytes = File.ReadAllBytes(Model);
        var reported =
            (manifest.RootElement.GetProperty("step").GetInt64(), file.GetProperty("bytes").GetInt64(),
            file.GetProperty("sha256").GetString());
        return reported == (seen, bytes.Length, Digest.Of(bytes).ToString()) ? null
            : $"the manifest says {reported}, and step {seen} is there";
    }

    /// <summary>What is hidden or no model in the folder, and how many models there are.</summary>
    public (int Incoming, int Models) Count() => (
        Directory.EnumerateFileSystemEntries(folder, ".incoming-*").Count(), Directory.EnumerateDirectories(folder, "step-*").Count());

    private string? Check(Digest digest)
    {
        if (task.StepOf(digest) is not { } step)
        {
            return $"what is pointed at is no step that was saved; before it was step {seen}";
        }

        if (step < seen)
        {
            return $"the pointer went back from step {seen} to {step}";
        }

        seen = step;
        return null;
    }
}
