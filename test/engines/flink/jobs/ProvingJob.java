import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.functions.ScalarFunction;

/** What the tests run, on Flink 1.18 and 2: counts | fails | divides | waits FILE | ponders FILE FILE | streams. */
public class ProvingJob {
    public static void main(String[] arguments) throws Exception {
        String how = arguments.length > 0 ? arguments[0] : "nothing";
        if (how.equals("nothing")) throw new IllegalArgumentException("say what to do");
        if (how.equals("ponders")) {
            Files.createFile(Path.of(arguments[2] + ".waits"));
            waitFor(arguments[2]);
        }
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
        if (how.equals("streams")) environment.enableCheckpointing(300);
        long last = how.equals("streams") ? Long.MAX_VALUE - 1 : 100;
        environment.fromSequence(1, last).map(new Work(how, arguments.length > 1 ? arguments[1] : "")).filter(number -> false).print();
        environment.execute("proving " + how);
    }

    static void waitFor(String file) throws InterruptedException {
        while (!Files.exists(Path.of(file))) Thread.sleep(50);
    }

    /** For SQL: a number, once a file is there. */
    public static class WaitsFor extends ScalarFunction {
        public Long eval(String file, Long number) throws InterruptedException {
            waitFor(file);
            return number;
        }
    }

    static class Work extends RichMapFunction<Long, Long> {
        private final String how;
        private final String file;
        private transient LongCounter rows;

        Work(String how, String file) {
            this.how = how;
            this.file = file;
        }

        @Override
        public Long map(Long number) throws Exception {
            if (rows == null) getRuntimeContext().addAccumulator("rows", rows = new LongCounter());
            if (how.equals("fails")) throw new IllegalStateException("boom on purpose");
            if (how.equals("divides")) return number / (number - number);
            if (how.equals("streams")) Thread.sleep(5);
            if (how.equals("waits") || how.equals("ponders")) waitFor(file);
            rows.add(1);
            return number;
        }
    }
}
