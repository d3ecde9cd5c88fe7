using FishCheckpoint.Benchmarks.EndToEnd.Processes;
using FishCheckpoint.Benchmarks.EndToEnd.Reports;
using FishCheckpoint.Benchmarks.Models;

namespace FishCheckpoint.Benchmarks.EndToEnd.Serving;

/// <summary>Rebuilding and streaming a full model beside servers that hold it as a dense file: one bare client, turn by turn.</summary>
internal static class ServeSpeedRun
{
    private const int WarmUps = 2;

    public static async Task RunAsync(string folder, int turns, bool write)
    {
        BertLarge.WriteIfMissing(folder);
        var own = Directory.CreateDirectory(Path.Combine(Path.GetFullPath(folder), $"serving-{Guid.NewGuid():N}")).FullName;
        var processes = new List<ChildProcess>();
        try
        {
            var contenders = await StartAsync(folder, own, processes);
            Measure(contenders, turns);
            BenchmarkPage.Publish("serving", ServingTable.Render(contenders, turns, processes[0].PeakResidentBytes()), write);
        }
        finally
        {
            foreach (var process in processes)
            {
                await process.DisposeAsync();
            }

            Directory.Delete(own, recursive: true);
        }
    }

    private static async Task<List<Contender>> StartAsync(string folder, string own, List<ChildProcess> processes)
    {
        var (dense, size) = (Path.Combine(folder, BertLarge.ChangedName), new FileInfo(Path.Combine(folder, BertLarge.ChangedName)).Length);
        var server = await ServerProcess.StartAsync(Path.Combine(own, "data"));
        processes.Add(server.Process);
        using (var client = ServerCalls.ClientOf(server))
        {
            await client.PutFileAsync("/v1/bases/bert", Path.Combine(folder, BertLarge.BaseName));
            await client.PutTaskAsync("task", "bert");
            await client.PutFileAsync("/v1/tasks/task/checkpoints/1", Path.Combine(folder, BertLarge.PatchName));
        }

        var contenders = new List<Contender>
        {
            new(ServingTable.Rebuilt, server.Process, new Uri(server.Address, "/v1/tasks/task/checkpoints/1/model.safetensors"), size),
            new(ServingTable.Base, server.Process, new Uri(server.Address, "/v1/bases/bert/model.safetensors"), size),
        };
        if (NginxProcess.IsInstalled)
        {
            var nginx = ChildProcess.FreeAddress();
            processes.Add(await NginxProcess.StartAsync(folder, own, nginx));
            contenders.Add(new Contender(ServingTable.Nginx, processes[^1], new Uri(nginx, BertLarge.ChangedName), size));
        }

        var files = ChildProcess.FreeAddress();
        processes.Add(await StaticFiles.StartAsync(folder, files));
        contenders.Add(new Contender(ServingTable.Static, processes[^1], new Uri(files, BertLarge.ChangedName), size));
        contenders.ForEach(contender => SameBytes.Require(
            new RawGet(), contender.Resource, contender.Name == ServingTable.Base ? Path.Combine(folder, BertLarge.BaseName) : dense));

        var memory = ChildProcess.FreeAddress();
        processes.Add(await LoopbackLimit.StartAsync(size, memory));
        contenders.Add(new Contender(ServingTable.Memory, processes[^1], memory, size));
        return contenders;
    }

    // Each turn begins with another, so that none always follows the same.
    private static void Measure(List<Contender> contenders, int turns)
    {
        var client = new RawGet();
        for (var turn = -WarmUps; turn < turns; turn++)
        {
            for (var place = 0; place < contenders.Count; place++)
            {
                contenders[(place + turn + WarmUps) % contenders.Count].Turn(client, counts: turn >= 0);
            }
        }
    }
}
