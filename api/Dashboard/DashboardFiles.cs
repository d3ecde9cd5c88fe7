using System.Collections.Frozen;
using System.Security.Cryptography;

namespace FishCheckpoint.Api.Dashboard;

/// <summary>A file of the dashboard.</summary>
/// <param name="Bytes">Its content.</param>
/// <param name="ContentType">Its media type.</param>
/// <param name="Tag">Its ETag, quoted: a digest of the content.</param>
internal sealed record DashboardFile(byte[] Bytes, string ContentType, string Tag);

/// <summary>The dashboard's files, embedded in this assembly.</summary>
internal static class DashboardFiles
{
    /// <summary>The page itself.</summary>
    public const string Page = "index.html";

    private const string Prefix = "dashboard/";

    private static readonly FrozenDictionary<string, DashboardFile> Files = typeof(DashboardFiles).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .ToFrozenDictionary(name => name[Prefix.Length..], Read, StringComparer.Ordinal);

    /// <summary>The names of all files.</summary>
    public static IEnumerable<string> Names => Files.Keys;

    /// <summary>The file with a name; <see langword="null"/> if there is none.</summary>
    public static DashboardFile? Find(string name) => Files.GetValueOrDefault(name);

    private static DashboardFile Read(string name)
    {
        using var resource = typeof(DashboardFiles).Assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return new DashboardFile(bytes, TypeOf(name), $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes)[..16])}\"");
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    };
}
