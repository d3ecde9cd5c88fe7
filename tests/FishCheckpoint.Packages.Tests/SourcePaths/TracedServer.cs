using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using FishCheckpoint.Packages.Tests.Support;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace FishCheckpoint.Packages.Tests.SourcePaths;

/// <summary>
/// A server in a process of its own, on a copy of the program <c>fishckpt</c> in which each method first writes the name of its source file
/// to standard error. Methods without logic write nothing: members that the compiler generated, and constructors of records and exceptions.
/// </summary>
internal sealed class TracedServer : IAsyncDisposable
{
    private const string Mark = "source file: ";

    private readonly Process process;
    private ConcurrentDictionary<string, bool> files = new(StringComparer.Ordinal);

    private TracedServer(Process process)
    {
        this.process = process;
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data?.StartsWith(Mark, StringComparison.Ordinal) == true)
            {
                Volatile.Read(ref files)[line.Data[Mark.Length..]] = true;
            }
        };
    }

    public HttpClient Client { get; } = new();

    /// <summary>Instruments the program and starts it on a new data folder.</summary>
    /// <param name="program">The folder of the compiled program; only read.</param>
    /// <param name="folder">An empty folder for the copy and its data.</param>
    /// <param name="source">The source tree: the files counted lie in its folders src, storage and api.</param>
    /// <param name="cancellationToken">Ends the wait for its start.</param>
    public static async Task<TracedServer> StartAsync(
        string program, string folder, string source, CancellationToken cancellationToken)
    {
        var copy = Path.Combine(folder, "program");
        Instrument(program, copy, source);
        var server = new TracedServer(Command.Start(
            folder, "dotnet",
            [Path.Combine(copy, "fishckpt.dll"), "serve", "--data", Path.Combine(folder, "data"), "--urls", "http://127.0.0.1:0"]));
        try
        {
            server.process.BeginErrorReadLine();
            while (server.Client.BaseAddress is null)
            {
                var line = await server.process.StandardOutput.ReadLineAsync(cancellationToken)
                    ?? throw new InvalidOperationException("The server ended before it served.");
                server.Client.BaseAddress = Regex.Match(line, @"^Serving .* on (?<url>http://\S+?)\.? ") is { Success: true } match
                    ? new Uri(match.Groups["url"].Value) : null;
            }

            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a request to its end.</summary>
    /// <returns>The source files, relative to the tree, of the methods that ran for it.</returns>
    public async Task<IReadOnlyList<string>> SendAsync(
        HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        await SettleAsync(cancellationToken);
        Volatile.Write(ref files, new(StringComparer.Ordinal));
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using var response = await Client.SendAsync(request, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"{path}: {await response.Content.ReadAsStringAsync(cancellationToken)}");
        }

        await SettleAsync(cancellationToken);
        return [.. files.Keys.Order(StringComparer.Ordinal)];
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
        Client.Dispose();
    }

    // Until all that was written has come: a request's last methods run after its answer.
    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        for (var (before, same) = (-1, 0); same < 3; before = files.Count)
        {
            await Task.Delay(100, cancellationToken);
            same = files.Count == before ? same + 1 : 0;
        }
    }

    private static void Instrument(string program, string copy, string source)
    {
        Directory.CreateDirectory(copy);
        foreach (var entry in Directory.EnumerateFileSystemEntries(program))
        {
            var (name, to) = (Path.GetFileName(entry), Path.Combine(copy, Path.GetFileName(entry)));
            var isOwn = name.StartsWith("FishCheckpoint", StringComparison.Ordinal) || name.StartsWith("fish.", StringComparison.Ordinal);
            if (isOwn && name.EndsWith(".dll", StringComparison.Ordinal))
            {
                Instrument(entry, to, source, Path.ChangeExtension(entry, ".pdb"));
            }
            else if (Directory.Exists(entry))
            {
                Directory.CreateSymbolicLink(to, entry);
            }
            else
            {
                File.Copy(entry, to);
            }
        }
    }

    private static void Instrument(string assembly, string to, string source, string symbols)
    {
        using var others = new DefaultAssemblyResolver();
        others.AddSearchDirectory(Path.GetDirectoryName(assembly));
        others.AddSearchDirectory(Path.GetDirectoryName(typeof(object).Assembly.Location));
        using var module = ModuleDefinition.ReadModule(
            assembly, new ReaderParameters { ReadSymbols = File.Exists(symbols), AssemblyResolver = others });
        var write = module.ImportReference(typeof(Console).GetProperty(nameof(Console.Error))!.GetMethod);
        var line = module.ImportReference(typeof(TextWriter).GetMethod(nameof(TextWriter.WriteLine), [typeof(string)]));
        foreach (var method in module.GetTypes().SelectMany(type => type.Methods).Where(HasLogic))
        {
            if (FileOf(method, source) is not { } file)
            {
                continue;
            }

            var (body, first) = (method.Body.GetILProcessor(), method.Body.Instructions[0]);
            body.InsertBefore(first, body.Create(OpCodes.Call, write));
            body.InsertBefore(first, body.Create(OpCodes.Ldstr, Mark + file));
            body.InsertBefore(first, body.Create(OpCodes.Callvirt, line));
        }

        module.Write(to);
    }

    private static bool HasLogic(MethodDefinition method) => method.HasBody
        && !method.CustomAttributes.Any(attribute => attribute.AttributeType.Name == nameof(CompilerGeneratedAttribute))
        && !(method.IsConstructor && (method.IsStatic || IsData(method.DeclaringType)));

    private static bool IsData(TypeDefinition type) => type.Methods.Any(method => method.Name is "<Clone>$" or "PrintMembers")
        || type.BaseType?.Name.EndsWith("Exception", StringComparison.Ordinal) == true;

    private static string? FileOf(MethodDefinition method, string source)
    {
        var document = method.DebugInformation.SequencePoints.FirstOrDefault(point => !point.IsHidden)?.Document.Url.Replace('\\', '/');
        return document is not null && Regex.Match(document, "/(?<path>(src|storage|api)/(?!.*/obj/).+)$") is { Success: true } match
            && File.Exists(Path.Combine(source, match.Groups["path"].Value)) ? match.Groups["path"].Value : null;
    }
}
