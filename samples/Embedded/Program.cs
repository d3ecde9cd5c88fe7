// A store in this process, opened by a container: adds a base, creates a task, saves two steps, loads one and reports sizes.
// dotnet run --project samples/Embedded -- FOLDER
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using System.Text;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Extensions.DependencyInjection;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

const int Count = 10_000;
var folder = args.Length > 0 ? args[0] : "embedded-sample";
var builder = Host.CreateApplicationBuilder();
builder.Services.AddFishCheckpoint(options => options.DataFolder = Path.Combine(folder, "data"));
builder.Services.AddHealthChecks().AddFishCheckpoint();
using var host = builder.Build();
await host.StartAsync();
var store = host.Services.GetRequiredService<IFishStore>();

// A model with one tensor; training changes a few of its values.
var random = new Random(1);
var weights = Enumerable.Range(0, Count).Select(_ => random.NextSingle()).ToArray();
await store.Bases.AddAsync("base", ModelUpload.FromPath(Write("base.safetensors")));
await store.Tasks.PutAsync("task", new TaskSpec("base", "The sample's task"));
for (var step = 1; step <= 2; step++)
{
    for (var position = 0; position < Count; position += 100)
    {
        weights[position] += step;
    }

    using var model = ModelFolder.Open(Write($"step{step}.safetensors"));
    var saved = await store.Checkpoints.SaveAsync("task", step, new CheckpointContent.Full(model));
    Console.WriteLine($"step {saved.Value.Step}: {saved.Value.Changed} values changed");
}

var restored = Path.Combine(folder, "restored.safetensors");
await using (var reader = await store.States.OpenAsync("task", StepRef.Latest))
await using (var file = File.Create(restored))
{
    var target = PipeWriter.Create(file);
    await reader.CopyToAsync(reader.Files[0].Name, 0, reader.Files[0].Bytes, target);
    await target.CompleteAsync();
}

var equal = File.ReadAllBytes(restored).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(folder, "step2.safetensors")));
Console.WriteLine(equal ? "step 2 is identical bit for bit" : "step 2 differs");
var report = await store.Reports.GetStorageAsync();
Console.WriteLine($"{report.Checkpoints} checkpoints take {report.Stored.Total} bytes beside a base of {report.Disk!.Bases}");
await host.StopAsync();
return equal ? 0 : 1;

string Write(string name)
{
    var header = Encoding.UTF8.GetBytes(
        $$$"""{"weights":{"dtype":"F32","shape":[{{{Count}}}],"data_offsets":[0,{{{Count * 4}}}]}}""");
    var length = new byte[8];
    BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
    var path = Path.Combine(folder, name);
    File.WriteAllBytes(path, [.. length, .. header, .. MemoryMarshal.AsBytes(weights.AsSpan())]);
    return path;
}
