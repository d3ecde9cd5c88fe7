using System.Text;
using FishCheckpoint.Fuzz.Engine;
using FishCheckpoint.Fuzz.Mutation;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Fuzz.Folders;

/// <summary>
/// A folder by its names: which files are the model, which go with it, which are left out. Each file of it is just one of these, and what
/// is kept lies in the folder.
/// An input has a line for each entry: a kind (file, link, folder), a path, and for a file or link its content or target.
/// </summary>
internal sealed class ContentsTarget : FuzzTarget
{
    private const int Most = 40;
    private const int MaxIndex = 1 << 16;
    private const int LongestName = 200;

    private static readonly string[] Places =
        ["", "", "", "", "sub/", "sub/deep/", "1_Pooling/", "onnx/", "checkpoint-5/", "global_step3/", "a/b/c/d/e/f/g/", ".git/"];

    private static readonly string[] Words =
    [
        "model.safetensors", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model-00000-of-00002.safetensors",
        "model.fp16.safetensors",
        "model-00001-of-00002.fp16.safetensors", "model.safetensors.index.json", "model.safetensors.index.fp16.json", "pytorch_model.bin",
        "pytorch_model-00001-of-00002.bin",
        "pytorch_model-00002-of-00002.bin", "pytorch_model.bin.index.json", "consolidated.safetensors",
        "consolidated-00001-of-00002.safetensors", "adapter_model.safetensors",
        "adapter_model.bin", "adapter_config.json", "optimizer.pt", "rng_state_0.pth", "training_args.bin", "config.json", "modules.json",
        "tokenizer.json", "README.md",
        "other.safetensors", "Model.SAFETENSORS", "model.safetensors ", "é.json", "-", "a b", "con", "nul.txt", "x.gguf", "tf_model.h5",
        "model.pt", "head.pth", ".hidden",
    ];

    public override string Name => "contents";

    public override int ShortRun => 1000;

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        Lines("f model.safetensors", "f config.json", "f sub/vocab.txt", "f optimizer.pt"),
        Lines("f model-00001-of-00002.safetensors", "f model-00002-of-00002.safetensors",
            Index("model", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")),
        Lines("f pytorch_model.bin", "f config.json", "l link.json config.json"),
        Lines("f adapter_model.safetensors", "f adapter_config.json"),
        Lines("f model.safetensors", "f model.fp16.safetensors", "f 1_Pooling/model.safetensors", "f modules.json", "d empty"),
        Lines("f a.safetensors", "f b.safetensors"),
        Lines("f pytorch_model-00001-of-00001.bin",
            "f pytorch_model.bin.index.json {\"weight_map\":{\"a\":\"pytorch_model-00001-of-00001.bin\"}}"),
    ];

    public override byte[] Mutate(Random random, byte[] input, byte[] other)
    {
        if (random.Next(20) == 0)
        {
            return ByteMutator.Mutate(random, input, other);
        }

        List<string> lines = [.. Read(input)];
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            switch (random.Next(6))
            {
                case 0 when lines.Count > 0: lines.RemoveAt(random.Next(lines.Count)); break;
                case 1 when Read(other) is { Length: > 0 } others: lines.Add(others[random.Next(others.Length)]); break;
                case 2 when lines.Count > 0:
                    var at = random.Next(lines.Count);
                    lines[at] = Encoding.UTF8.GetString(ByteMutator.Mutate(random, Encoding.UTF8.GetBytes(lines[at]), other));
                    break;
                case 3: lines.Add(Index(Word(random).Split('.')[0], Word(random), Word(random))); break;
                case 4: lines.Add($"{"ld"[random.Next(2)]} {Places[random.Next(Places.Length)]}{Word(random)} {Word(random)}"); break;
                default: lines.Add($"f {Places[random.Next(Places.Length)]}{Word(random)}"); break;
            }
        }

        return Lines([.. lines]);
    }

    public override string Run(byte[] input)
    {
        Directory.Delete(Folder.Path, recursive: true);
        Directory.CreateDirectory(Folder.Path);
        foreach (var line in Read(input).Take(Most))
        {
            Make(line);
        }

        var contents = FolderContents.Read(Folder.Path, maxIndexLength: MaxIndex);
        Check(contents);
        var reasons = string.Join(", ", contents.LeftOut.Select(file => file.Reason).Distinct().Take(3));
        return $"{(contents.IsTorch ? "torch" : "safetensors")}, {contents.Weights.Count} files, {reasons}";
    }

    private static void Check(FolderContents contents)
    {
        var side = contents.SideFiles.Select(file => file.Name).ToArray();
        string[] kept = [.. contents.Weights, .. side];
        WrongException.Unless(contents.Weights.Count > 0 && contents.Weights.All(FilePaths.IsSegment),
            "The model has no file, or one that cannot be kept.");
        WrongException.Unless(kept.All(FilePaths.IsValid) && kept.Distinct(StringComparer.Ordinal).Count() == kept.Length,
            "A file is kept twice, or under a name that none can have.");
        WrongException.Unless(kept.All(name => new FileInfo(Path.Combine(contents.Folder, name)).Exists),
            "A file is kept that is not there.");
        WrongException.Unless(!side.Any(name => !name.Contains('/') && ModelFiles.IsName(name)), "A file of tensors is a side file.");
        WrongException.Unless(contents.Weights.All(name => LeftOutRules.IsTorch(name) == contents.IsTorch),
            "The model's files are of two kinds.");
        WrongException.Unless(!contents.LeftOut.Select(file => file.Name).Intersect(kept, StringComparer.Ordinal).Any(),
            "A file is kept and left out.");

        // Links aside: they may lead around in circles.
        foreach (var path in Directory.EnumerateFiles(
            contents.Folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }))
        {
            var name = Path.GetRelativePath(contents.Folder, path);
            var isLeftOut = contents.LeftOut.Any(left => left.Name == name
                || (left.Name.EndsWith('/') && name.StartsWith(left.Name, StringComparison.Ordinal)));
            WrongException.Unless(kept.Contains(name) || isLeftOut || path == contents.TorchIndex, $"Nothing is said of {name}.");
        }
    }

    // What cannot be made in this folder is no entry of it.
    private void Make(string line)
    {
        var parts = line.Split(' ', 3);
        var segments = parts.Length < 2 ? [] : parts[1].Split('/');
        if (segments.Length is 0 or > 10 || segments.Any(segment => segment is "" or "." or ".."
            || Encoding.UTF8.GetByteCount(segment) > LongestName || segment.Contains('\0')))
        {
            return;
        }

        try
        {
            var path = Path.Combine([Folder.Path, .. segments]);
            Directory.CreateDirectory(parts[0] == "d" ? path : Path.GetDirectoryName(path)!);
            if (parts[0] == "l" && !Path.Exists(path))
            {
                File.CreateSymbolicLink(path, Path.Combine(Folder.Path,
                    Path.GetFileName(parts.ElementAtOrDefault(2)?.Replace('\0', '0') ?? "")));
            }
            else if (parts[0] == "f")
            {
                File.WriteAllText(path, parts.ElementAtOrDefault(2) ?? "");
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A file in the place of a folder, or the other way round.
        }
    }

    private static string Word(Random random) => Words[random.Next(Words.Length)];

    private static string Index(string model, string first, string second) =>
        $"f {model}.safetensors.index.json {{\"weight_map\":{{\"a\":\"{first}\",\"b\":\"{second}\"}}}}";

    private static byte[] Lines(params string[] lines) => Encoding.UTF8.GetBytes(string.Join('\n', lines));

    private static string[] Read(byte[] input) => Encoding.UTF8.GetString(input).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
