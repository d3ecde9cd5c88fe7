using System.CommandLine;
using FishCheckpoint.Interchange;

namespace FishCheckpoint.Cli.Commands;

/// <summary>The options for how versions are written.</summary>
internal sealed class ExportFormOptions
{
    private readonly Option<string?> encoding = new("--encoding")
    {
        Description = "disk-delta: xor or overwrite; modelexpress: xor. Default: xor.", HelpName = "ENCODING",
    };

    private readonly Option<string?> checksum = new("--checksum")
    {
        Description = "disk-delta: xxh3-128, blake3 or adler32; manifest: xxh3-128 or sha256; modelexpress: adler32. Default: the first.",
        HelpName = "CHECKSUM",
    };

    private readonly Option<string?> positions = new("--positions")
    {
        Description = "sparse-patch-v3: gap_delta or raw. Default: gap_delta.", HelpName = "POSITIONS",
    };

    private readonly Option<long?> shardSize = new("--shard-size")
    {
        Description = "The size in bytes after which a delta continues in another file. Default: as the model's own files.",
        HelpName = "BYTES",
    };

    private readonly Option<bool> number = new("--number")
    {
        Description = "Number versions 1, 2, 3..., as SGLang and SkyRL require, instead of by step.",
    };

    private readonly Option<string?> name = new("--version-name")
    {
        Description = "disk-delta, modelexpress: the name of a version, with {step} for the number.", HelpName = "NAME",
    };

    private readonly Option<string?> sideFiles = new("--side-files")
    {
        Description = "A folder of files to add to each full version, such as config.json. Weights in it are left out.", HelpName = "DIR",
    };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { encoding, checksum, positions, shardSize, number, name, sideFiles })
        {
            command.Add(option);
        }
    }

    public ExportOptions Of(ParseResult parsed, ExportOptions options) => options with
    {
        Encoding = parsed.GetValue(encoding), Checksum = parsed.GetValue(checksum), Positions = parsed.GetValue(positions),
        ShardSize = parsed.GetValue(shardSize),
        Number = parsed.GetValue(number), VersionName = parsed.GetValue(name), SideFiles = parsed.GetValue(sideFiles),
    };
}
